#pragma once

#include <cstdint>

#include "runner/train/metrics/measure.h"

namespace thaw {

/// Right and wrong answers about one class.
struct AnswerCounts {
  std::int64_t true_positives = 0, false_positives = 0, false_negatives = 0;

  std::int64_t samples() const { return true_positives + false_negatives; }
  std::int64_t calls() const { return true_positives + false_positives; }
};

/// Counts, class by class, what an output said and what was true.
class ClassCounts {
 public:
  explicit ClassCounts(const ClassOutput& output)
      : output_(output), counts_(static_cast<std::size_t>(output.classes())) {}
  void add(const MeasuredSample& sample);
  const std::vector<AnswerCounts>& counts() const { return counts_; }

 private:
  ClassOutput output_;
  std::vector<AnswerCounts> counts_;
};

enum class ClassRate { kPrecision, kRecall, kF1 };

/// A rate over classes: macro is the mean of each class's, micro that of all answers together. As scikit-learn's
/// precision_score, recall_score and f1_score with zero_division=0 over the classes that are true or called somewhere;
/// recall over those that are true somewhere. None: there is no such class.
std::optional<double> averaged_rate(const std::vector<AnswerCounts>& counts, ClassRate rate, Averaging averaging);

MeasurePointer measure_rate(const ClassOutput& output, ClassRate rate, Averaging averaging);

}  // namespace thaw
