#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "reports/chart.h"
#include "reports/config_fields.h"
#include "reports/html.h"
#include "reports/number_text.h"
#include "reports/pages.h"
#include "reports/plot.h"
#include "reports/sections.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

using nlohmann::json;
using namespace reports;

using Fields = std::map<std::string, std::string>;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t kMostGroupsInVerdict = 3;
constexpr std::size_t kMostFieldsInCaption = 2;

struct Run {
  std::string folder;
  RecordView view;
  std::size_t group = 0;
};

// Runs whose configs differ only in the seed.
struct Group {
  std::string label;  // "A"
  std::string name;   // of its first run
  Fields fields;      // of the config, without the seed
  std::vector<std::size_t> runs;
};

struct Comparison {
  std::vector<Run> runs;
  std::vector<Group> groups;
  std::vector<MetricView> metrics;  // of all runs, each name once; their values are not used

  // Of a run's judged value, or of one of its curves.
  const MetricView* metric_in(const Run& run, const std::string& name) const {
    for (const MetricView& metric : run.view.metrics) {
      if (metric.info.name() == name) return &metric;
    }
    return nullptr;
  }
};

std::string group_label(std::size_t group) {
  const std::string letter(1, static_cast<char>('A' + group % 26));
  return group < 26 ? letter : letter + std::to_string(group / 26);
}

void add_to_group(Comparison& comparison, std::size_t index) {
  Run& run = comparison.runs[index];
  Fields fields = config_fields(run.view.record.started.config());
  fields.erase("seed");
  auto& groups = comparison.groups;
  const auto found =
      std::find_if(groups.begin(), groups.end(), [&](const Group& group) { return group.fields == fields; });
  run.group = found - groups.begin();
  if (found == groups.end())
    groups.push_back({group_label(run.group), run.view.record.started.name(), std::move(fields), {}});
  groups[run.group].runs.push_back(index);
}

Comparison compare(const std::vector<std::string>& folders) {
  Comparison comparison;
  for (const std::string& folder : folders) comparison.runs.push_back({folder, view_record(load_run(folder))});
  std::set<std::string> names;
  for (std::size_t i = 0; i < comparison.runs.size(); ++i) {
    add_to_group(comparison, i);
    for (const MetricView& metric : comparison.runs[i].view.metrics) {
      if (names.insert(metric.info.name()).second) comparison.metrics.push_back(metric);
    }
  }
  return comparison;
}

double judged_value(const Run& run, const std::string& name) {
  for (std::size_t i = 0; i < run.view.metrics.size(); ++i) {
    if (run.view.metrics[i].info.name() == name) return run.view.judged.values[i];
  }
  return kNaN;
}

bool is_done(const Run& run) { return run.view.status == RunStatus::kDone; }

Summary summarize_group(const Comparison& comparison, const Group& group, const std::string& metric) {
  std::vector<double> values;
  for (const std::size_t index : group.runs) {
    if (is_done(comparison.runs[index])) values.push_back(judged_value(comparison.runs[index], metric));
  }
  return summarize(values);
}

// Differences between seeds are small: a share gets a decimal more than on a report.
std::string fine_text(const MetricView& metric, double value) {
  return metric.info.is_share() ? fixed_text(100 * value, 2) + "\u00a0%" : number_text(value);
}

std::string spread_text(const MetricView& metric, const Summary& summary) {
  if (summary.count < 2) return {};
  return metric.info.is_share() ? fixed_text(100 * summary.standard_deviation, 2)
                                : number_text(summary.standard_deviation);
}

std::string mean_and_spread(const MetricView& metric, const Summary& summary) {
  const std::string spread = spread_text(metric, summary);
  return fine_text(metric, summary.mean) + (spread.empty() ? "" : " ± " + spread);
}

json summary_rows(const Comparison& comparison) {
  json rows = json::array();
  for (const MetricView& metric : comparison.metrics) {
    json cells = json::array();
    for (const Group& group : comparison.groups) {
      const Summary summary = summarize_group(comparison, group, metric.info.name());
      const bool has_range = summary.count > 1;
      cells.push_back(
          {{"mean", fine_text(metric, summary.mean)},
           {"spread", spread_text(metric, summary)},
           {"range", has_range ? fine_text(metric, summary.min) + " to " + fine_text(metric, summary.max) : ""}});
    }
    rows.push_back({{"label", metric.label}, {"cells", cells}});
  }
  return rows;
}

std::string basis_text(const Comparison& comparison, const Group& group) {
  const Judgement& judged = comparison.runs[group.runs.front()].view.judged;
  if (judged.split.empty()) return "nothing yet";
  return (judged.samples > 0 ? count_text(judged.samples) + " " : "") +
         (judged.split == "train" ? "training" : judged.split) + " samples";
}

std::int64_t finished_in(const Comparison& comparison, const Group& group) {
  return std::count_if(group.runs.begin(), group.runs.end(),
                       [&](std::size_t i) { return is_done(comparison.runs[i]); });
}

json fact_rows(const Comparison& comparison) {
  json counts = json::array(), bases = json::array();
  for (const Group& group : comparison.groups) {
    const auto all = static_cast<std::int64_t>(group.runs.size());
    const std::int64_t finished = finished_in(comparison, group);
    counts.push_back(count_text(finished) + (finished == all ? "" : " of " + count_text(all)));
    bases.push_back(basis_text(comparison, group));
  }
  json rows = {{{"name", "Finished runs (n)"}, {"cells", counts}}, {{"name", "Measured on"}, {"cells", bases}}};
  json strategies = json::array();
  bool has_strategies = false;
  for (const Group& group : comparison.groups) {
    const std::string& strategy = comparison.runs[group.runs.front()].view.record.started.strategy();
    has_strategies = has_strategies || !strategy.empty();
    strategies.push_back(strategy.empty() ? "–" : strategy);
  }
  if (has_strategies) rows.push_back({{"name", "Strategy"}, {"cells", strategies}});
  return rows;
}

json difference_rows(const Comparison& comparison) {
  std::set<std::string> paths;
  for (const Group& group : comparison.groups) {
    for (const auto& [path, value] : group.fields) paths.insert(path);
  }
  json rows = json::array();
  for (const std::string& path : paths) {
    std::set<std::string> distinct;
    json cells = json::array();
    for (const Group& group : comparison.groups) {
      const auto found = group.fields.find(path);
      const std::string value = found == group.fields.end() ? "–" : found->second;
      distinct.insert(value);
      cells.push_back(value);
    }
    if (distinct.size() > 1) rows.push_back({{"field", path}, {"cells", cells}});
  }
  return rows;
}

std::vector<double> on_common_epochs(const RecordView& view, const std::vector<double>& values, std::size_t epochs) {
  std::vector<double> padded(epochs, kNaN);
  for (std::size_t row = 0; row < values.size(); ++row) {
    const double epoch = view.epochs[row];
    if (epoch >= 1 && epoch <= static_cast<double>(epochs)) padded[static_cast<std::size_t>(epoch) - 1] = values[row];
  }
  return padded;
}

LineChart overlay(const Comparison& comparison, const MetricView& metric, std::size_t epochs) {
  LineChart chart;
  chart.id = "chart-" + slug(metric.info.name());
  chart.title = metric.label;
  chart.description = metric.label + " of every run over the epochs, on the validation set where there is one.";
  for (std::size_t epoch = 1; epoch <= epochs; ++epoch) chart.x.push_back(static_cast<double>(epoch));
  for (const Run& run : comparison.runs) {
    const MetricView* found = comparison.metric_in(run, metric.info.name());
    if (found == nullptr) continue;
    const auto& values = run.view.has_validation ? found->validation : found->train;
    const Started& started = run.view.record.started;
    chart.series.push_back({comparison.groups[run.group].label + ", seed " + std::to_string(started.seed()),
                            on_common_epochs(run.view, values, epochs), static_cast<int>(run.group % kStyles), false});
  }
  chart.text = [&metric](double value) { return metric.text(value); };
  chart.is_share = metric.info.is_share();
  chart.may_be_log = !metric.info.is_share() && !metric.info.more_is_better();
  return chart;
}

json chart_list(const Comparison& comparison) {
  double epochs = 0;
  for (const Run& run : comparison.runs) {
    if (!run.view.epochs.empty()) epochs = std::max(epochs, run.view.epochs.back());
  }
  json charts = json::array();
  if (epochs < 2) return charts;
  for (const MetricView& metric : comparison.metrics) {
    charts.push_back(chart_values(overlay(comparison, metric, static_cast<std::size_t>(epochs))));
  }
  return charts;
}

// The losses of single outputs are for the summary and the curves.
bool is_in_run_table(const MetricView& metric) { return metric.kind != MetricKind::kOutputLoss; }

// "digits/9b1d51545249…" for runs/digits/9b1d515452495a3f...: enough to find it.
std::string short_folder(const std::string& folder) {
  constexpr std::size_t most = 20, kept = 12;
  const auto path = std::filesystem::path(folder).lexically_normal();
  const auto last = path.has_filename() ? path : path.parent_path();
  const std::string name = last.filename().string(), parent = last.parent_path().filename().string();
  return (parent.empty() ? "" : parent + "/") + (name.size() > most ? name.substr(0, kept) + "…" : name);
}

json run_rows(const Comparison& comparison) {
  json rows = json::array();
  for (const Run& run : comparison.runs) {
    json values = json::array();
    for (const MetricView& metric : comparison.metrics) {
      if (is_in_run_table(metric)) values.push_back(fine_text(metric, judged_value(run, metric.info.name())));
    }
    const auto& finished = run.view.record.finished;
    rows.push_back({{"folder", short_folder(run.folder)},
                    {"group", comparison.groups[run.group].label},
                    {"seed", std::to_string(run.view.record.started.seed())},
                    {"status", status_name(run.view.status)},
                    {"best_epoch", run.view.best_epoch > 0 ? count_text(run.view.best_epoch) : "–"},
                    {"values", values},
                    {"time", finished ? seconds_text(finished->wall_s()) : "–"}});
  }
  return rows;
}

// "Accuracy: A 97.90 % ± 0.10, B 98.20 % ± 0.08."; with one group, without its letter.
std::string result_sentence(const Comparison& comparison, const MetricView& metric) {
  std::string text;
  for (const Group& group : comparison.groups) {
    const Summary summary = summarize_group(comparison, group, metric.info.name());
    if (summary.count < 1) continue;
    text += (text.empty() ? " " : ", ") + (comparison.groups.size() > 1 ? group.label + " " : "") +
            mean_and_spread(metric, summary);
  }
  return text.empty() ? "" : " " + metric.label + ":" + text + ".";
}

std::string comparison_verdict(const Comparison& comparison) {
  const auto runs = static_cast<std::int64_t>(comparison.runs.size());
  const auto groups = static_cast<std::int64_t>(comparison.groups.size());
  std::string text = counted_text(runs, "run");
  if (groups > 1) text += " of " + counted_text(groups, "configuration");
  if (groups == 1 && runs > 1) text += " that differ only in the seed";
  text += ".";
  for (const MetricView& metric : comparison.metrics) {
    const bool is_headline = metric.kind == MetricKind::kAccuracy || metric.kind == MetricKind::kSetAccuracy ||
                             metric.kind == MetricKind::kBoxShare;
    if (is_headline && groups <= kMostGroupsInVerdict) text += result_sentence(comparison, metric);
  }
  return text;
}

json comparison_notices(const Comparison& comparison) {
  json list = json::array();
  std::int64_t unfinished = 0;
  std::size_t fewest = comparison.runs.size();
  std::set<std::string> bases, ids;
  for (const Group& group : comparison.groups) {
    fewest = std::min(fewest, static_cast<std::size_t>(finished_in(comparison, group)));
    bases.insert(basis_text(comparison, group));
  }
  bool has_twins = false;
  for (const Run& run : comparison.runs) {
    unfinished += is_done(run) ? 0 : 1;
    has_twins = has_twins || !ids.insert(run.view.record.started.id()).second;
  }
  const auto add = [&list](const char* level, const std::string& title, const std::string& text) {
    list.push_back({{"level", level}, {"title", title}, {"text", text}});
  };
  if (has_twins)
    add("warn", "The same run more than once", "Runs with one id repeat each other: they add no evidence.");
  if (unfinished > 0)
    add("warn", counted_text(unfinished, "run") + " not finished", "They are drawn and listed, but not in the means.");
  if (bases.size() > 1)
    add("warn", "Not measured on the same samples", "The columns of the summary cannot be compared directly.");
  if (comparison.groups.size() > 1 && fewest < 5) {
    add("info", "Few seeds",
        "With fewer than five runs of each configuration, ranges that overlap do not tell them apart.");
  }
  return list;
}

// What tells a group from the others, if that is short; else its name.
std::string group_caption(const Comparison& comparison, std::size_t group, const json& differences) {
  if (differences.empty() || differences.size() > kMostFieldsInCaption) {
    const Group& one = comparison.groups[group];
    const std::string& strategy = comparison.runs[one.runs.front()].view.record.started.strategy();
    return strategy.empty() ? one.name : one.name + ", " + strategy;
  }
  std::string caption;
  for (const json& row : differences) {
    const std::string field = row["field"];
    caption += (caption.empty() ? "" : ", ") + field.substr(field.rfind('.') + 1) + " " +
               row["cells"][group].get<std::string>();
  }
  return caption;
}

json group_list(const Comparison& comparison, const json& differences) {
  json list = json::array();
  for (std::size_t i = 0; i < comparison.groups.size(); ++i) {
    list.push_back({{"label", comparison.groups[i].label},
                    {"name", group_caption(comparison, i, differences)},
                    {"style", std::to_string(i % kStyles)}});
  }
  return list;
}

json label_list(const Comparison& comparison) {
  json list = json::array();
  for (const MetricView& metric : comparison.metrics) {
    if (is_in_run_table(metric)) list.push_back(metric.label);
  }
  return list;
}

}  // namespace

std::string render_comparison(const std::vector<std::string>& run_folders) {
  if (run_folders.empty()) throw InputError("no runs to compare");
  const Comparison comparison = compare(run_folders);
  const std::string title = comparison.groups.size() == 1 ? comparison.groups[0].name : "Comparison of experiments";
  const json differences = difference_rows(comparison), charts = chart_list(comparison),
             found = comparison_notices(comparison);
  const json values = {{"title", title},
                       {"verdict", comparison_verdict(comparison)},
                       {"has_notices", !found.empty()},
                       {"notices", found},
                       {"groups", group_list(comparison, differences)},
                       {"facts", fact_rows(comparison)},
                       {"metrics", summary_rows(comparison)},
                       {"has_differences", !differences.empty()},
                       {"differences", differences},
                       {"has_charts", !charts.empty()},
                       {"charts", charts},
                       {"metric_names", label_list(comparison)},
                       {"runs", run_rows(comparison)}};
  return render_document(title, render_template("comparison.html", values));
}

}  // namespace thaw
