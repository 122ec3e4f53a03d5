#pragma once

#include "runner/train/metrics/calibration.h"
#include "runner/train/metrics/class_counts.h"
#include "runner/train/metrics/ranking.h"
#include "schemas/run_record.pb.h"

namespace thaw {

/// Collects over one pass what a report shows of an output that is compared with classes.
class ClassEvaluation {
 public:
  explicit ClassEvaluation(const ClassOutput& output);

  void add(const MeasuredSample& sample);
  /// What was true and what was said of one sample, for its picture.
  void describe(const MeasuredSample& measured, Sample& sample) const;
  void write(OutputEvaluation& evaluation) const;

 private:
  void write_scores(OutputEvaluation& evaluation) const;
  void write_calibration(OutputEvaluation& evaluation) const;

  ClassOutput output_;
  std::vector<std::int64_t> confusion_;  // empty: several labels a sample
  ClassCounts counts_;
  ScoreTable scores_;
  ReliabilityBins calibration_;
};

}  // namespace thaw
