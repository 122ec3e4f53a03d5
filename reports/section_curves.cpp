#include <algorithm>
#include <cctype>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "reports/chart.h"
#include "reports/number_text.h"
#include "reports/sections.h"

namespace thaw::reports {
namespace {

using nlohmann::json;

bool has_any(const std::vector<double>& values) {
  for (const double value : values) {
    if (std::isfinite(value)) return true;
  }
  return false;
}

std::string describe(const RecordView& view, const MetricView& metric) {
  std::string text = metric.label + " over " + count_text(static_cast<std::int64_t>(view.epochs.size())) + " epochs.";
  if (has_any(metric.train))
    text += " Training: from " + metric.text(metric.train.front()) + " to " + metric.text(metric.train.back()) + ".";
  if (has_any(metric.validation)) {
    text += " Validation: from " + metric.text(metric.validation.front()) + " to " +
            metric.text(metric.validation.back()) + ".";
  }
  for (const StageBegun& stage : view.record.stages) {
    text += " Stage " + count_text(stage.stage()) + " begins before epoch " + count_text(stage.epoch()) + ".";
  }
  return text;
}

std::vector<Milestone> milestones(const RecordView& view) {
  std::vector<Milestone> found;
  for (const StageBegun& stage : view.record.stages) {
    const std::string name = "stage " + count_text(stage.stage());
    found.push_back({static_cast<double>(stage.epoch()), name,
                     name + " begins before epoch " + count_text(stage.epoch()) + " (" + stage.reason() +
                         "): " + count_text(stage.trainable_parameters()) + " parameters are trained"});
  }
  return found;
}

LineChart chart_of(const RecordView& view, const MetricView& metric, const std::string& id) {
  LineChart chart{id, metric.label, describe(view, metric), view.epochs, {}, {}, metric.info.is_share(), false, 0, {}};
  if (has_any(metric.train)) chart.series.push_back({"training", metric.train, 1});
  if (has_any(metric.validation)) chart.series.push_back({"validation", metric.validation, 0});
  chart.text = [&metric](double value) { return metric.text(value); };
  chart.may_be_log = !metric.info.is_share() && !metric.info.more_is_better();
  chart.marked_epoch = view.best_epoch;
  chart.milestones = milestones(view);
  return chart;
}

// What people came for: shares, then other measures, then the loss. The losses of single outputs are for the curves.
std::vector<std::size_t> headline_order(const RecordView& view) {
  std::vector<std::size_t> order;
  const auto add = [&](auto&& is_wanted) {
    for (std::size_t i = 0; i < view.metrics.size(); ++i) {
      if (is_wanted(view.metrics[i])) order.push_back(i);
    }
  };
  add([](const MetricView& m) { return m.info.is_share() && m.kind != MetricKind::kTotalLoss; });
  add([](const MetricView& m) { return !m.info.is_share() && m.kind == MetricKind::kOther; });
  add([](const MetricView& m) { return m.kind == MetricKind::kTotalLoss; });
  return order;
}

json metric_tile(const RecordView& view, std::size_t i) {
  const Judgement& judged = view.judged;
  const MetricView& metric = view.metrics[i];
  const auto row = view.row_of(judged.epoch);
  const bool is_unseen = judged.split != "train";
  // Answers about one sample hang together, so several of them count as one: the interval is too wide rather than too
  // narrow.
  const bool is_count = metric.kind == MetricKind::kAccuracy || metric.kind == MetricKind::kSetAccuracy ||
                        metric.kind == MetricKind::kTopAccuracy || metric.kind == MetricKind::kBoxShare;
  const bool has_interval = is_count && is_unseen && judged.samples > 0 && std::isfinite(judged.values[i]);
  const ShareInterval interval = wilson_interval(judged.values[i], judged.samples);
  const bool has_train = row && is_unseen && std::isfinite(metric.train[*row]);
  return {{"label", metric.label},
          {"value", metric.text(judged.values[i])},
          {"interval", has_interval ? share_range_text(interval.low, interval.high) : ""},
          {"below", has_train ? "training " + metric.text(metric.train[*row]) : ""}};
}

json time_tile(const RecordView& view) {
  double seconds = 0;
  for (const TimeRow& row : view.time) seconds += row.seconds;
  return {{"label", "Time"},
          {"value", seconds_text(seconds)},
          {"interval", ""},
          {"below", count_text(std::llround(view.samples_per_second)) + " samples/s"}};
}

// The loss first, those of single outputs last.
std::vector<const MetricView*> chart_order(const RecordView& view) {
  std::vector<const MetricView*> order;
  for (const MetricView& metric : view.metrics) order.push_back(&metric);
  const auto rank = [](const MetricView* m) {
    return m->kind == MetricKind::kTotalLoss ? 0 : m->kind == MetricKind::kOutputLoss ? 2 : 1;
  };
  std::stable_sort(order.begin(), order.end(), [&rank](const auto* a, const auto* b) { return rank(a) < rank(b); });
  return order;
}

// One epoch makes no curve: its numbers in a table.
json single_epoch(const RecordView& view) {
  json rows = json::array();
  for (const MetricView& metric : view.metrics) {
    rows.push_back({{"label", metric.label},
                    {"train", metric.text(metric.train[0])},
                    {"validation", metric.text(metric.validation[0])}});
  }
  return rows;
}

}  // namespace

std::string slug(const std::string& name) {
  std::string id;
  for (const char c : name) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    id += is_plain ? static_cast<char>(std::tolower(c)) : '-';
  }
  return id;
}

json numbers_section(const RecordView& view) {
  const Judgement& judged = view.judged;
  json tiles = json::array();
  for (const std::size_t i : headline_order(view)) tiles.push_back(metric_tile(view, i));
  if (judged.split.empty() || tiles.empty()) return {};
  if (std::isfinite(view.samples_per_second)) tiles.push_back(time_tile(view));
  const std::string samples = judged.samples > 0 ? count_text(judged.samples) + " " : "";
  const std::string kind = judged.split == "train" ? "training" : judged.split;
  const bool has_intervals =
      std::any_of(tiles.begin(), tiles.end(), [](const json& tile) { return tile["interval"] != ""; });
  return {{"tiles", tiles},
          {"has_intervals", has_intervals},
          {"basis", "Measured on the " + samples + kind + " samples with the weights of epoch " +
                        count_text(judged.epoch) + (judged.is_final ? ", the best." : ".")}};
}

json curves_section(const RecordView& view) {
  if (view.epochs.empty()) return {};
  if (view.epochs.size() == 1)
    return {{"note", ""}, {"charts", json::array()}, {"has_single", true}, {"single", single_epoch(view)}};
  json charts = json::array();
  std::set<std::string> ids;
  for (const MetricView* metric : chart_order(view)) {
    if (!has_any(metric->train) && !has_any(metric->validation)) continue;
    std::string id = "chart-" + slug(metric->info.name());
    while (!ids.insert(id).second) id += "-2";
    charts.push_back(chart_values(chart_of(view, *metric, id)));
  }
  const std::string note = view.has_validation ? "Training values are averages over an epoch in which the weights "
                                                 "change; validation is measured at its end, "
                                                 "so it may look better."
                                               : "";
  return {{"note", note}, {"charts", charts}, {"has_single", false}};
}

}  // namespace thaw::reports
