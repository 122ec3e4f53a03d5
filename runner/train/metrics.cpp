#include "runner/train/metrics.h"

#include <algorithm>
#include <cmath>

#include "schemas/diagnostic.h"
#include "schemas/targets.h"

namespace thaw {

/// One sample with everything that was computed for it.
struct MetricSet::Row {
  const BatchResult& result;
  const Object* objects;
  int object_count;
  int n;

  /// The truth that an output of `length` values is compared with.
  std::vector<float> truth(Target target, int length) const {
    if (target == CLASS_SET) return class_set(objects, object_count, length);
    if (target == CLASS) {
      std::vector<float> one_hot(static_cast<std::size_t>(length), 0.0F);
      one_hot.at(static_cast<std::size_t>(objects[0].label)) = 1;
      return one_hot;
    }
    const Box& box = objects[0].box;
    return {box.xmin, box.ymin, box.xmax, box.ymax};
  }
};

double intersection_over_union(const Box& a, const Box& b) {
  const auto area = [](double width, double height) { return std::max(width, 0.0) * std::max(height, 0.0); };
  const double inner = area(static_cast<double>(std::min(a.xmax, b.xmax)) - std::max(a.xmin, b.xmin),
                            static_cast<double>(std::min(a.ymax, b.ymax)) - std::max(a.ymin, b.ymin));
  const double outer = area(static_cast<double>(a.xmax) - a.xmin, static_cast<double>(a.ymax) - a.ymin) +
                       area(static_cast<double>(b.xmax) - b.xmin, static_cast<double>(b.ymax) - b.ymin) - inner;
  return outer > 0 ? inner / outer : 0;
}

Box box_of(const float* row) { return {row[0], row[1], row[2], row[3]}; }

int argmax(const float* row, int count) { return static_cast<int>(std::max_element(row, row + count) - row); }

std::vector<float> class_set(const Object* objects, int count, int classes) {
  std::vector<float> set(static_cast<std::size_t>(classes), 0.0F);
  for (int k = 0; k < count; ++k) set.at(static_cast<std::size_t>(objects[k].label)) = 1;
  return set;
}

namespace {

double mean_error(const float* y, const std::vector<float>& truth, bool is_squared) {
  double sum = 0;
  for (std::size_t k = 0; k < truth.size(); ++k) {
    const double d = static_cast<double>(y[k]) - truth[k];
    sum += is_squared ? d * d : std::abs(d);
  }
  return sum / static_cast<double>(truth.size());
}

}  // namespace

MetricSet::MetricSet(const Experiment& config, const std::vector<ObjectiveTerm>& terms) : terms_(terms) {
  append({Kind::kTotalLoss, "", AUTO, 0}, "loss", "Loss", false, false);
  std::vector<std::string> seen;
  for (const ObjectiveTerm& term : terms) {
    if (std::find(seen.begin(), seen.end(), term.output) != seen.end()) continue;
    seen.push_back(term.output);
    append({Kind::kOutputLoss, term.output, AUTO, 0}, term.output + "/loss", "Loss of " + term.output, false, false);
  }
  for (const Metric& metric : config.metric()) append(metric, config.train());
  reset();
}

void MetricSet::append(Entry entry, const std::string& name, const std::string& title, bool more_is_better,
                       bool is_share) {
  MetricInfo info;
  info.set_name(name);
  info.set_title(title);
  info.set_output(entry.output);
  info.set_more_is_better(more_is_better);
  info.set_is_share(is_share);
  infos_.push_back(std::move(info));
  entries_.push_back(std::move(entry));
}

void MetricSet::append(const Metric& metric, const Train& train) {
  const std::string& output = metric.output();
  const Target target = target_of_metric(metric, train);
  const std::vector<std::string> names = names_of_metric(metric);
  if (metric.has_accuracy()) {
    const Kind kind = target == CLASS_SET ? Kind::kSetAccuracy : Kind::kAccuracy;
    append({kind, output, target, 0}, names[0], "Accuracy", true, true);
  } else if (metric.has_mean_squared_error()) {
    append({Kind::kSquaredError, output, target, 0}, names[0], "Mean squared error", false, false);
  } else if (metric.has_mean_absolute_error()) {
    append({Kind::kAbsoluteError, output, target, 0}, names[0], "Mean absolute error", false, false);
  } else {
    const double threshold = metric.intersection_over_union().threshold();
    const std::string title = "IoU >= " + names[1].substr(names[1].rfind('_') + 1);
    append({Kind::kIou, output, target, 0}, names[0], "Mean IoU", true, false);
    append({Kind::kIouShare, output, target, threshold}, names[1], title, true, true);
  }
}

void MetricSet::reset() {
  sums_.assign(entries_.size(), 0);
  samples_ = 0;
}

double MetricSet::measure(const Entry& entry, const Row& row) const {
  if (entry.kind == Kind::kTotalLoss || entry.kind == Kind::kOutputLoss) {
    const bool is_total = entry.kind == Kind::kTotalLoss;
    double loss = 0;
    for (std::size_t i = 0; i < terms_.size(); ++i) {
      const double value = row.result.losses[i][static_cast<std::size_t>(row.n)];
      if (is_total) loss += terms_[i].weight * value;
      if (!is_total && terms_[i].output == entry.output) loss += value;
    }
    return loss;
  }
  const float* y = row.result.row(entry.output, row.n);
  const int length = row.result.lengths.at(entry.output);
  switch (entry.kind) {
    case Kind::kAccuracy:
      return argmax(y, length) == row.objects[0].label ? 1 : 0;
    case Kind::kSetAccuracy: {
      const auto truth = row.truth(CLASS_SET, length);
      int right = 0;
      for (int k = 0; k < length; ++k) right += (y[k] > 0.5F) == (truth[static_cast<std::size_t>(k)] > 0.5F) ? 1 : 0;
      return static_cast<double>(right) / length;
    }
    case Kind::kSquaredError:
    case Kind::kAbsoluteError:
      return mean_error(y, row.truth(entry.target, length), entry.kind == Kind::kSquaredError);
    case Kind::kIou:
      return intersection_over_union(box_of(y), row.objects[0].box);
    case Kind::kIouShare:
      return intersection_over_union(box_of(y), row.objects[0].box) >= entry.threshold ? 1 : 0;
    default:
      throw InternalError("a metric without a measure");
  }
}

void MetricSet::add(const Batch& batch, const BatchResult& result, int max_objects) {
  for (int n = 0; n < batch.count; ++n) {
    const Row row{result, batch.objects.data() + static_cast<std::ptrdiff_t>(n) * max_objects,
                  batch.object_counts[static_cast<std::size_t>(n)], n};
    for (std::size_t i = 0; i < entries_.size(); ++i) sums_[i] += measure(entries_[i], row);
  }
  samples_ += batch.count;
}

std::vector<double> MetricSet::values() const {
  std::vector<double> means = sums_;
  for (double& mean : means) mean = samples_ > 0 ? mean / samples_ : 0;
  return means;
}

double MetricSet::value(const std::string& name) const {
  for (std::size_t i = 0; i < infos_.size(); ++i) {
    if (infos_[i].name() == name) return values()[i];
  }
  throw InternalError("no metric is called " + name);
}

std::vector<double> MetricSet::state() const {
  std::vector<double> state = sums_;
  state.push_back(samples_);
  return state;
}

void MetricSet::restore(const std::vector<double>& state) {
  if (state.size() != sums_.size() + 1) throw InternalError("the checkpoint has sums of other metrics");
  sums_.assign(state.begin(), state.end() - 1);
  samples_ = state.back();
}

}  // namespace thaw
