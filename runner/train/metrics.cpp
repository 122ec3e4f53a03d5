#include "runner/train/metrics.h"

#include <algorithm>
#include <set>

#include "runner/train/metrics/calibration.h"
#include "runner/train/metrics/class_counts.h"
#include "runner/train/metrics/means.h"
#include "schemas/diagnostic.h"
#include "schemas/targets.h"

namespace thaw {

/// What people read of a metric.
struct MetricSet::Label {
  std::string name, title, output;
  bool more_is_better = true, is_share = false;
  std::string kind = {};
};

namespace {

std::string averaging_words(Averaging averaging) { return averaging == MICRO ? " (micro)" : " (macro)"; }

}  // namespace

std::vector<ClassOutput> class_outputs(const std::vector<ObjectiveTerm>& terms) {
  std::vector<ClassOutput> outputs;
  for (const ObjectiveTerm& term : terms) {
    if (const auto kind = class_kind_of(term.target, term.units)) outputs.push_back({term.output, *kind, term.units});
  }
  return outputs;
}

MetricSet::MetricSet(const Experiment& config, const std::vector<ObjectiveTerm>& terms, MetricScope scope)
    : scope_(scope) {
  append(measure_loss(terms, ""), {"loss", "Loss", "", false});
  std::set<std::string> seen;
  for (const ObjectiveTerm& term : terms) {
    if (!seen.insert(term.output).second) continue;
    append(measure_loss(terms, term.output), {term.output + "/loss", "Loss of " + term.output, term.output, false});
  }
  for (const Metric& metric : config.metric()) {
    const auto term = std::find_if(terms.begin(), terms.end(),
                                   [&](const ObjectiveTerm& each) { return each.output == metric.output(); });
    if (term == terms.end()) throw InternalError("a metric of an output without a loss: " + metric.output());
    append(metric, metric.target() != AUTO ? metric.target() : term->target, term->units);
  }
  reset();
}

void MetricSet::append(MeasurePointer measure, const Label& label) {
  MetricInfo info;
  info.set_name(label.name);
  info.set_title(label.title);
  info.set_output(label.output);
  info.set_more_is_better(label.more_is_better);
  info.set_is_share(label.is_share);
  if (!label.kind.empty()) info.set_kind(label.kind);
  infos_.push_back(std::move(info));
  measures_.push_back(std::move(measure));
}

void MetricSet::append(const Metric& metric, Target target, int units) {
  const std::string& output = metric.output();
  const std::vector<std::string> names = names_of_metric(metric);
  if (metric.has_mean_squared_error() || metric.has_mean_absolute_error()) {
    const bool is_squared = metric.has_mean_squared_error();
    append(measure_error(output, target, is_squared),
           {names[0], is_squared ? "Mean squared error" : "Mean absolute error", output, false});
  } else if (metric.has_intersection_over_union()) {
    const double threshold = metric.intersection_over_union().threshold();
    append(measure_iou(output), {names[0], "Mean IoU", output});
    append(measure_iou_share(output, threshold),
           {names[1], "IoU >= " + names[1].substr(names[1].rfind('_') + 1), output, true, true});
  } else if (const auto kind = class_kind_of(target, units)) {
    append_of_classes(metric, {output, *kind, units});
  } else {
    throw InternalError("a metric of classes of an output that has none: " + names[0]);
  }
}

void MetricSet::append_of_classes(const Metric& metric, const ClassOutput& output) {
  const std::string name = names_of_metric(metric)[0], kind = name_of(output.kind);
  const auto rate = [&](ClassRate which, Averaging averaging, const std::string& title) {
    append(measure_rate(output, which, averaging),
           {name, title + averaging_words(averaging), output.name, true, true, kind});
  };
  // While the weights change, there is no one order of the samples.
  const bool is_ranked = scope_ == MetricScope::kValidation;
  switch (metric.kind_case()) {
    case Metric::kAccuracy:
      return append(measure_accuracy(output), {name, "Accuracy", output.name, true, true, kind});
    case Metric::kTopKAccuracy: {
      const int k = metric.top_k_accuracy().k();
      return append(measure_top_k(output, k),
                    {name, "Top-" + std::to_string(k) + " accuracy", output.name, true, true, kind});
    }
    case Metric::kPrecision:
      return rate(ClassRate::kPrecision, metric.precision().average(), "Precision");
    case Metric::kRecall:
      return rate(ClassRate::kRecall, metric.recall().average(), "Recall");
    case Metric::kF1Score:
      return rate(ClassRate::kF1, metric.f1_score().average(), "F1");
    case Metric::kRocAuc:
      return append(is_ranked ? measure_roc_auc(scores_of(output)) : nullptr,
                    {name, "ROC AUC", output.name, true, false, kind});
    case Metric::kPrAuc:
      return append(is_ranked ? measure_pr_auc(scores_of(output)) : nullptr,
                    {name, "Average precision", output.name, true, false, kind});
    case Metric::kExpectedCalibrationError:
      return append(measure_calibration(output, metric.expected_calibration_error().bins()),
                    {name, "Calibration error", output.name, false, false, kind});
    default:
      throw InternalError("a metric without a measure: " + name);
  }
}

std::shared_ptr<const ScoreTable> MetricSet::scores_of(const ClassOutput& output) {
  std::shared_ptr<ScoreTable>& table = scores_[output.name];
  if (!table) table = std::make_shared<ScoreTable>(output);
  return table;
}

void MetricSet::reset() {
  for (const MeasurePointer& measure : measures_) {
    if (measure) measure->reset();
  }
  for (const auto& [output, table] : scores_) table->reset();
}

void MetricSet::add(const Batch& batch, const BatchResult& result, int max_objects) {
  for (int n = 0; n < batch.count; ++n) {
    const MeasuredSample sample{result, truth_of(batch, n, max_objects), n};
    for (const MeasurePointer& measure : measures_) {
      if (measure) measure->add(sample);
    }
    for (const auto& [output, table] : scores_) table->add(sample);
  }
}

MeasuredValues MetricSet::values() const {
  MeasuredValues values;
  for (const MeasurePointer& measure : measures_) values.push_back(measure ? measure->value() : std::nullopt);
  return values;
}

double MetricSet::value(const std::string& name) const {
  for (std::size_t i = 0; i < infos_.size(); ++i) {
    if (infos_[i].name() != name) continue;
    const auto value = measures_[i] ? measures_[i]->value() : std::nullopt;
    if (!value) throw InternalError("nothing was measured of " + name);
    return *value;
  }
  throw InternalError("no metric is called " + name);
}

std::vector<double> MetricSet::state() const {
  std::vector<double> state;
  for (const MeasurePointer& measure : measures_) {
    if (measure) state.insert(state.end(), measure->sums().begin(), measure->sums().end());
  }
  return state;
}

void MetricSet::restore(const std::vector<double>& state) {
  std::size_t size = 0;
  for (const MeasurePointer& measure : measures_) size += measure ? measure->sums().size() : 0;
  if (state.size() != size) throw InternalError("the checkpoint has sums of other metrics");
  auto next = state.begin();
  for (const MeasurePointer& measure : measures_) {
    if (!measure) continue;
    for (double& sum : measure->sums()) sum = *next++;
  }
}

}  // namespace thaw
