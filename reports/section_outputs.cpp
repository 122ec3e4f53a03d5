#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "reports/chart.h"
#include "reports/number_text.h"
#include "reports/sections.h"

namespace thaw::reports {
namespace {

using nlohmann::json;

constexpr int kMostMatrixClasses = 30;
constexpr std::size_t kMostScoreRows = 40;
constexpr std::size_t kMostConfusions = 10;

// One of the style sheet's eleven shades; anything above nothing gets at least the first.
int shade(std::int64_t count, std::int64_t row_total) {
  if (count <= 0 || row_total <= 0) return 0;
  return std::max(1, static_cast<int>(10.0 * static_cast<double>(count) / static_cast<double>(row_total)));
}

json matrix(const RecordView& view, const Confusion& confusion) {
  if (confusion.classes > kMostMatrixClasses) return {};
  json names = json::array(), rows = json::array();
  for (int truth = 0; truth < confusion.classes; ++truth) {
    names.push_back(view.class_name(truth));
    std::int64_t total = 0;
    for (int predicted = 0; predicted < confusion.classes; ++predicted) total += confusion.at(truth, predicted);
    json cells = json::array();
    for (int predicted = 0; predicted < confusion.classes; ++predicted) {
      const std::int64_t count = confusion.at(truth, predicted);
      const std::string kind = truth == predicted ? "hit" : "miss";
      cells.push_back(
          {{"count", count > 0 ? count_text(count) : ""}, {"class", kind + std::to_string(shade(count, total))}});
    }
    rows.push_back({{"name", view.class_name(truth)}, {"cells", cells}});
  }
  return {{"names", names}, {"rows", rows}, {"columns", std::to_string(confusion.classes)}};
}

json most_confused(const RecordView& view, const Confusion& confusion) {
  std::vector<std::size_t> pairs;
  for (std::size_t i = 0; i < confusion.counts.size(); ++i) {
    const bool is_right = i / confusion.classes == i % confusion.classes;
    if (!is_right && confusion.counts[i] > 0) pairs.push_back(i);
  }
  const std::size_t shown = std::min(pairs.size(), kMostConfusions);
  std::partial_sort(pairs.begin(), pairs.begin() + static_cast<std::ptrdiff_t>(shown), pairs.end(),
                    [&confusion](std::size_t a, std::size_t b) {
                      return std::pair(-confusion.counts[a], a) < std::pair(-confusion.counts[b], b);
                    });
  json rows = json::array();
  for (std::size_t i = 0; i < shown; ++i) {
    rows.push_back({{"truth", view.class_name(static_cast<int>(pairs[i] / confusion.classes))},
                    {"predicted", view.class_name(static_cast<int>(pairs[i] % confusion.classes))},
                    {"count", count_text(confusion.counts[pairs[i]])}});
  }
  return rows;
}

// With many classes, those that need looking at: the lowest F1 first.
json score_rows(const RecordView& view, const std::vector<ClassScore>& scores) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (scores.size() > kMostScoreRows) {
    const auto f1 = [&scores](std::size_t i) { return std::isnan(scores[i].f1) ? 2.0 : scores[i].f1; };
    std::stable_sort(order.begin(), order.end(), [&f1](std::size_t a, std::size_t b) { return f1(a) < f1(b); });
    order.resize(kMostScoreRows);
  }
  json rows = json::array();
  for (const std::size_t i : order) {
    rows.push_back({{"name", view.class_name(static_cast<int>(i))},
                    {"samples", count_text(scores[i].samples)},
                    {"precision", share_text(scores[i].precision)},
                    {"recall", share_text(scores[i].recall)},
                    {"f1", share_text(scores[i].f1)}});
  }
  return rows;
}

json classification(const RecordView& view, const OutputEvaluation& output) {
  const auto confusion = confusion_of(output);
  if (!confusion) return {};
  const auto scores = score_classes(*confusion);
  const json confused = most_confused(view, *confusion);
  std::vector<double> f1;
  for (const ClassScore& score : scores) f1.push_back(score.f1);
  return {{"id", slug(output.output())},
          {"matrix", matrix(view, *confusion)},
          {"has_confused", !confused.empty()},
          {"confused", confused},
          {"scores", score_rows(view, scores)},
          {"scores_note", scores.size() > kMostScoreRows
                              ? "The " + count_text(kMostScoreRows) + " of " + count_text(confusion->classes) +
                                    " classes with the lowest F1."
                              : ""},
          {"macro_f1", share_text(summarize(f1).mean)}};
}

json histogram_rows(const std::vector<double>& counts, double total) {
  json rows = json::array();
  const double bins = static_cast<double>(counts.size());
  double at_least = total;
  for (std::size_t bin = 0; bin < counts.size(); ++bin) {
    const double low = static_cast<double>(bin) / bins, high = static_cast<double>(bin + 1) / bins;
    rows.push_back({{"range", fixed_text(low, 2) + "–" + fixed_text(high, 2)},
                    {"count", count_text(static_cast<std::int64_t>(counts[bin]))},
                    {"at_least", share_text(at_least / total)}});
    at_least -= counts[bin];
  }
  return rows;
}

// "...: 92.8 % at IoU ≥ 0.6", from the metric itself: a threshold inside a bin cannot be read off the bins.
std::string boxes_summary(const RecordView& view, const OutputEvaluation& output, const std::string& title) {
  for (std::size_t i = 0; i < view.metrics.size(); ++i) {
    const MetricView& metric = view.metrics[i];
    const bool is_it = metric.kind == MetricKind::kBoxShare && metric.info.output() == output.output();
    if (is_it && std::isfinite(view.judged.values[i]))
      return title + ": " + metric.text(view.judged.values[i]) + " with " + metric.label;
  }
  return title;
}

json boxes(const RecordView& view, const OutputEvaluation& output) {
  Histogram histogram{"iou-histogram-" + slug(output.output()),
                      "Overlap of true and predicted boxes",
                      "",
                      "intersection over union (IoU)",
                      {},
                      output.iou_threshold()};
  for (const std::int64_t count : output.iou_histogram())
    histogram.counts.push_back(static_cast<double>(std::max<std::int64_t>(count, 0)));
  const double total = std::accumulate(histogram.counts.begin(), histogram.counts.end(), 0.0);
  if (histogram.counts.size() < 2 || histogram.counts.size() > 1000 || !(total > 0)) return {};
  if (!(histogram.threshold > 0 && histogram.threshold <= 1)) histogram.threshold = 0;
  histogram.description = "A histogram of the IoU of " + count_text(static_cast<std::int64_t>(total)) + " boxes.";
  return {{"id", histogram.id},
          {"summary", boxes_summary(view, output, histogram.title)},
          {"svg", draw_histogram(histogram)},
          {"rows", histogram_rows(histogram.counts, total)}};
}

}  // namespace

json outputs_section(const RecordView& view) {
  if (!view.record.evaluation) return {};
  json outputs = json::array();
  for (const OutputEvaluation& output : view.record.evaluation->output()) {
    const json classes = classification(view, output), box = boxes(view, output);
    if (classes.is_null() && box.is_null()) continue;
    outputs.push_back({{"name", output.output()}, {"classification", classes}, {"boxes", box}});
  }
  if (outputs.empty()) return {};
  return {{"outputs", outputs}};
}

}  // namespace thaw::reports
