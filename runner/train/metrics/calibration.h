#pragma once

#include <cstdint>

#include "runner/train/metrics/measure.h"

namespace thaw {

/// Samples whose probabilities lie in one bin.
struct ProbabilityBin {
  double samples = 0, probability = 0, right = 0;  ///< sums
};

/// Samples by the probability of their likeliest class, in equal bins over 0..1, with the share that came true; of
/// SIGMOID outputs, each yes by its probability. Source: Guo and others 2017, "On calibration of modern neural
/// networks".
class ReliabilityBins {
 public:
  ReliabilityBins(const ClassOutput& output, int bins) : output_(output), bins_(static_cast<std::size_t>(bins)) {}
  void add(const MeasuredSample& sample);
  const std::vector<ProbabilityBin>& bins() const { return bins_; }

 private:
  ClassOutput output_;
  std::vector<ProbabilityBin> bins_;
};

/// The mean over samples of the distance between their bin's mean probability and its share of right answers. None
/// without samples.
std::optional<double> expected_calibration_error(const std::vector<ProbabilityBin>& bins);

MeasurePointer measure_calibration(const ClassOutput& output, int bins);

}  // namespace thaw
