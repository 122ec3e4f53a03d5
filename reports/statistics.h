#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace thaw::reports {

/// An interval for a share.
struct ShareInterval {
  double low = 0, high = 1;
};

/// 95 % interval for the share behind `share` of `samples` independent yes/no answers.
/// Source: Wilson 1927, "Probable inference", the score interval without continuity correction.
ShareInterval wilson_interval(double share, std::int64_t samples);

/// Mean and spread of a few runs.
struct Summary {
  int count = 0;
  double mean = 0;
  double standard_deviation = 0;  ///< of the sample (n - 1); NaN for fewer than two
  double min = 0, max = 0;
};

/// Of the finite values; everything but `count` is NaN if there is none.
Summary summarize(const std::vector<double>& values);

/// How well one class is told from the others. NaN where nothing was there to divide by.
struct ClassScore {
  std::int64_t samples = 0;  ///< that truly are of the class
  double precision = 0, recall = 0, f1 = 0;
  int label = 0;
  double roc_auc = std::numeric_limits<double>::quiet_NaN(), average_precision = roc_auc;
};

/// From counts of right and wrong answers about one class.
ClassScore score_class(std::int64_t true_positives, std::int64_t false_positives, std::int64_t false_negatives);

/// counts[true * classes + predicted] of classes * classes counts.
struct Confusion {
  int classes = 0;
  std::vector<std::int64_t> counts;

  std::int64_t at(int truth, int predicted) const {
    return counts[static_cast<std::size_t>(truth) * classes + predicted];
  }
};

std::vector<ClassScore> score_classes(const Confusion& confusion);

}  // namespace thaw::reports
