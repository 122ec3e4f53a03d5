#include "runner/train/metrics/means.h"

#include <cmath>
#include <utility>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

using SampleFunction = std::function<double(const MeasuredSample&)>;

double counts_as_one(const MeasuredSample&) { return 1; }

double weight_in_losses(const MeasuredSample& sample) {
  const std::vector<float>& weights = sample.result.loss_weights;
  return weights.empty() ? 1 : weights[static_cast<std::size_t>(sample.n)];
}

class MeanMeasure : public Measure {
 public:
  explicit MeanMeasure(SampleFunction function, SampleFunction weight = counts_as_one)
      : Measure(2), function_(std::move(function)), weight_(std::move(weight)) {}

  void add(const MeasuredSample& sample) override {
    const double weight = weight_(sample);
    // What does not count may be anything.
    if (weight != 0) sums()[0] += weight * function_(sample);
    sums()[1] += weight;
  }

  std::optional<double> value() const override { return sums()[1] > 0 ? sums()[0] / sums()[1] : 0; }

 private:
  SampleFunction function_, weight_;
};

MeasurePointer mean_of(SampleFunction function) { return std::make_unique<MeanMeasure>(std::move(function)); }

/// The truth that an output of `length` values is compared with.
std::vector<float> truth_row(const SampleTruth& truth, Target target, int length) {
  if (target == CLASS_SET) return class_set(truth, length);
  const Box& box = truth.main_object().box;
  return {box.xmin, box.ymin, box.xmax, box.ymax};
}

double set_accuracy(const float* y, const SampleTruth& truth, int length) {
  const std::vector<float> set = class_set(truth, length);
  int right = 0;
  for (int k = 0; k < length; ++k) right += (y[k] > 0.5F) == (set[static_cast<std::size_t>(k)] > 0.5F) ? 1 : 0;
  return static_cast<double>(right) / length;
}

}  // namespace

MeasurePointer measure_loss(const std::vector<ObjectiveTerm>& terms, const std::string& output) {
  std::vector<double> factors;
  factors.reserve(terms.size());
  for (const ObjectiveTerm& term : terms) {
    factors.push_back(output.empty() ? term.weight : term.output == output ? 1 : 0);
  }
  const auto loss = [factors](const MeasuredSample& sample) {
    double sum = 0;
    for (std::size_t i = 0; i < factors.size(); ++i) {
      if (factors[i] != 0) sum += factors[i] * sample.result.losses[i][static_cast<std::size_t>(sample.n)];
    }
    return sum;
  };
  return std::make_unique<MeanMeasure>(loss, weight_in_losses);
}

MeasurePointer measure_accuracy(const ClassOutput& output) {
  return mean_of([output](const MeasuredSample& sample) -> double {
    const float* row = sample.row(output.name);
    if (output.kind == ClassKind::kMultiLabel) return set_accuracy(row, sample.truth, output.units);
    return output.predicted(row) == sample.truth.label() ? 1 : 0;
  });
}

MeasurePointer measure_top_k(const ClassOutput& output, int k) {
  return mean_of([output, k](const MeasuredSample& sample) -> double {
    const float* row = sample.row(output.name);
    const int label = sample.truth.label();
    int before = 0;
    for (int c = 0; c < output.units; ++c) {
      before += row[c] > row[label] || (row[c] == row[label] && c < label) ? 1 : 0;
    }
    return before < k ? 1 : 0;
  });
}

MeasurePointer measure_error(const std::string& output, Target target, bool is_squared) {
  return mean_of([=](const MeasuredSample& sample) {
    const float* y = sample.row(output);
    const std::vector<float> truth = truth_row(sample.truth, target, sample.result.lengths.at(output));
    double sum = 0;
    for (std::size_t k = 0; k < truth.size(); ++k) {
      const double d = static_cast<double>(y[k]) - truth[k];
      sum += is_squared ? d * d : std::abs(d);
    }
    return sum / static_cast<double>(truth.size());
  });
}

MeasurePointer measure_iou(const std::string& output) {
  return mean_of([output](const MeasuredSample& sample) {
    return intersection_over_union(box_of(sample.row(output)), sample.truth.main_object().box);
  });
}

MeasurePointer measure_iou_share(const std::string& output, double threshold) {
  return mean_of([=](const MeasuredSample& sample) -> double {
    return intersection_over_union(box_of(sample.row(output)), sample.truth.main_object().box) >= threshold ? 1 : 0;
  });
}

}  // namespace thaw
