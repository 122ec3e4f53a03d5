#pragma once

#include <cstdint>

#include "runner/train/metrics/measure.h"

namespace thaw {

/// A yes/no question: how sure a network is of yes, and whether that is right.
struct ScoredAnswer {
  float score = 0;
  bool is_yes = false;
};

/// A point of a curve over all thresholds.
struct RatePoint {
  double x = 0, y = 0;
};

/// How well scores put the yeses before the noes. Equal scores share a threshold, so their order says nothing.
/// Source: Fawcett 2006, "An introduction to ROC analysis"; average precision as scikit-learn defines it.
class Ranking {
 public:
  /// A score that is no number ranks below all others.
  explicit Ranking(std::vector<ScoredAnswer> answers);

  /// The chance that a yes has a higher score than a no, ties counted half. None without both.
  std::optional<double> roc_auc() const;
  /// Sum over thresholds of precision * (recall - recall at the threshold above). None without a yes.
  std::optional<double> average_precision() const;

  /// x: false positive rate, y: true positive rate, from (0, 0) to (1, 1), of at most `most` thresholds. Empty without
  /// both.
  std::vector<RatePoint> roc_curve(std::size_t most) const;
  /// x: recall, y: precision, from recall 0 on, of at most `most` thresholds. Empty without a yes.
  std::vector<RatePoint> precision_recall_curve(std::size_t most) const;

 private:
  struct Threshold {
    std::int64_t yes = 0, no = 0;  ///< that score at least this
  };
  std::vector<RatePoint> curve(std::size_t most, RatePoint (*point)(const Threshold& at, const Threshold& all)) const;

  std::vector<Threshold> thresholds_;  // from the highest score down
  Threshold all_;
};

/// What an output said of all samples, kept until they are ranked: 4 bytes a score and 1 an answer.
class ScoreTable {
 public:
  explicit ScoreTable(const ClassOutput& output) : output_(output) {}

  void reset();
  void add(const MeasuredSample& sample);
  /// The answers to "is it of this class?".
  std::vector<ScoredAnswer> answers(int label) const;
  const ClassOutput& output() const { return output_; }

 private:
  ClassOutput output_;
  std::vector<float> scores_;         // units a sample
  std::vector<std::int32_t> labels_;  // of single-label samples
  std::vector<std::uint8_t> sets_;    // units a sample, of multi-label ones
};

/// The mean over classes of the area under a curve; of two classes behind one unit, that of the second. The table is
/// filled and emptied by its owner. None: no class has what it takes.
MeasurePointer measure_roc_auc(std::shared_ptr<const ScoreTable> table);
MeasurePointer measure_pr_auc(std::shared_ptr<const ScoreTable> table);

}  // namespace thaw
