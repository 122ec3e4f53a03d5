#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runner/store/metadata.h"
#include "runner/train/build.h"
#include "runner/train/metrics.h"
#include "schemas/run_record.pb.h"

namespace thaw {

/// What training remembers from step to step beside the weights. All of it travels in checkpoints.
struct TrainingState {
  std::int64_t step = 0;  ///< steps finished
  TrainingStage stage;
  int best_epoch = 0;  ///< from 1; 0: none yet
  double best_value = 0;
  int epochs_since_best = 0;  ///< or since the last stage began
  double wall_s = 0;          ///< of all processes that worked on the run
  double first_step_s = 0;    ///< from the first process's start to its first finished step
  TimeSplit epoch_time;       ///< of the epoch under way
  double last_finite_loss = 0;
  bool is_stopped_early = false;

  /// All but the step, which a checkpoint has of its own.
  void write(Metadata& to) const;
  void read(const Metadata& saved);
};

/// A line for people: "train  loss 0.1234  accuracy 0.9876  |  validation  ...".
std::string epoch_summary(const std::vector<MetricInfo>& metrics, const MeasuredValues& train,
                          const MeasuredValues& validation);

}  // namespace thaw
