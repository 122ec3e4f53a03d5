#include "runner/train/metrics/calibration.h"

#include <algorithm>
#include <cmath>

namespace thaw {
namespace {

/// What is no probability counts where it would end up if it were clipped to one.
std::size_t bin_of(double probability, std::size_t bins) {
  if (!(probability > 0)) return 0;
  return std::min(static_cast<std::size_t>(std::min(probability, 1.0) * static_cast<double>(bins)), bins - 1);
}

/// Calls add(probability, is_right) for each answer that is counted.
template <typename Add>
void for_each_probability(const ClassOutput& output, const MeasuredSample& sample, const Add& add) {
  const float* row = sample.row(output.name);
  if (output.kind == ClassKind::kMultiLabel) {
    const std::vector<float> set = class_set(sample.truth, output.units);
    for (int c = 0; c < output.units; ++c) add(row[c], set[static_cast<std::size_t>(c)] > 0.5F);
  } else if (output.kind == ClassKind::kBinary) {
    add(row[0], sample.truth.label() == 1);
  } else {
    const int predicted = output.predicted(row);
    add(row[predicted], predicted == sample.truth.label());
  }
}

/// Its sums: samples, probabilities, right answers, bin by bin.
class CalibrationMeasure : public Measure {
 public:
  CalibrationMeasure(const ClassOutput& output, int bins)
      : Measure(3 * static_cast<std::size_t>(bins)), output_(output) {}

  void add(const MeasuredSample& sample) override {
    for_each_probability(output_, sample, [this](double probability, bool is_right) {
      double* bin = sums().data() + 3 * bin_of(probability, sums().size() / 3);
      bin[0] += 1;
      bin[1] += probability;
      bin[2] += is_right ? 1 : 0;
    });
  }

  std::optional<double> value() const override {
    std::vector<ProbabilityBin> bins(sums().size() / 3);
    for (std::size_t i = 0; i < bins.size(); ++i) bins[i] = {sums()[3 * i], sums()[3 * i + 1], sums()[3 * i + 2]};
    return expected_calibration_error(bins);
  }

 private:
  ClassOutput output_;
};

}  // namespace

void ReliabilityBins::add(const MeasuredSample& sample) {
  for_each_probability(output_, sample, [this](double probability, bool is_right) {
    ProbabilityBin& bin = bins_[bin_of(probability, bins_.size())];
    bin.samples += 1;
    bin.probability += probability;
    bin.right += is_right ? 1 : 0;
  });
}

std::optional<double> expected_calibration_error(const std::vector<ProbabilityBin>& bins) {
  double samples = 0, sum = 0;
  for (const ProbabilityBin& bin : bins) {
    samples += bin.samples;
    sum += std::abs(bin.probability - bin.right);  // samples * |mean probability - share of right answers|
  }
  return samples > 0 ? std::optional(sum / samples) : std::nullopt;
}

MeasurePointer measure_calibration(const ClassOutput& output, int bins) {
  return std::make_unique<CalibrationMeasure>(output, bins);
}

}  // namespace thaw
