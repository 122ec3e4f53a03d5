#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reports/statistics.h"
#include "schemas/record.h"

namespace thaw::reports {

enum class RunStatus { kDone, kUnfinished, kStopped, kPaused, kDiverged };

/// "done", "running/killed", "stopped", "paused", "diverged": what `thaw show --json` says.
std::string status_name(RunStatus status);

/// What a metric's number is, as far as the sentences on the page need to know.
enum class MetricKind {
  kTotalLoss,
  kOutputLoss,
  kAccuracy,     ///< share of right classes
  kSetAccuracy,  ///< share of right answers of several a sample
  kTopAccuracy,  ///< share of samples whose class is among the likeliest
  kBoxShare,     ///< share of boxes at or above an IoU
  kOther,
};

/// A metric over the epochs. The vectors run beside RecordView::epochs; NaN: not measured.
struct MetricView {
  MetricInfo info;
  MetricKind kind = MetricKind::kOther;
  std::string label;  ///< "Accuracy"; with its output where another metric has the same title: "Accuracy (head)"
  std::vector<double> train, validation;

  /// A value as the page writes it: a share as per cent.
  std::string text(double value) const;
};

/// The numbers that the page stands for: where they were measured, and on what.
struct Judgement {
  std::string split;  ///< "validation" or "train"; empty: nothing was measured yet
  int epoch = 0;
  std::int64_t samples = 0;    ///< 0: not known
  bool is_final = false;       ///< the best weights, measured after training
  std::vector<double> values;  ///< one per metric; NaN: not measured
};

/// The seconds of a run, summed over its epochs, and those of its frozen trunk if it has one.
struct TimeRow {
  std::string key;   ///< as in TimeSplit: "forward_s"; or "trunk_s"
  std::string name;  ///< "forward"
  std::string explanation;
  double seconds = 0;
};

/// A run, ready to show. Nothing in it is trusted to be consistent: sizes and indices are checked here, once.
struct RecordView {
  EffectiveRecord record;
  RunStatus status = RunStatus::kUnfinished;
  std::vector<double> epochs;       ///< numbers of the finished epochs
  std::vector<MetricView> metrics;  ///< in the record's order
  Judgement judged;
  int best_epoch = 0;  ///< 0: none
  bool has_validation = false;
  std::vector<TimeRow> time;
  double samples_per_second = 0;    ///< over all of training; NaN: not known
  std::int64_t peak_rss_bytes = 0;  ///< 0: not known

  /// "7"; the number itself for a class without a name.
  std::string class_name(int label) const;
  /// The row of `epochs` for the epoch, or nothing.
  std::optional<std::size_t> row_of(int epoch) const;
  /// Samples in the named split; 0: not known.
  std::int64_t samples_in(const std::string& split) const;
};

RecordView view_record(EffectiveRecord record);

/// The confusion matrix of an output, or nothing if it has none (or one of the wrong size).
std::optional<Confusion> confusion_of(const OutputEvaluation& output);

}  // namespace thaw::reports
