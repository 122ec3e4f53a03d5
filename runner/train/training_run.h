#pragma once

#include <optional>

#include "runner/progress.h"
#include "runner/store/checkpoint.h"
#include "runner/store/record_writer.h"
#include "runner/store/run_folder.h"
#include "runner/store/stop_signal.h"
#include "runner/train/evaluate.h"
#include "runner/train/step_profiler.h"
#include "runner/train/trainer.h"

namespace thaw {

/// What training remembers from step to step beside the weights. All of it travels in checkpoints.
struct TrainingState {
  std::int64_t step = 0;  ///< steps finished
  int best_epoch = 0;     ///< from 1; 0: none yet
  double best_value = 0;
  int epochs_since_best = 0;
  double wall_s = 0;        ///< of all processes that worked on the run
  double first_step_s = 0;  ///< from the first process's start to its first finished step
  TimeSplit epoch_time;     ///< of the epoch under way
  double last_finite_loss = 0;
  bool is_stopped_early = false;
};

/// One process's work on one run: from its newest checkpoint to its end, a stop signal or a divergence.
class TrainingRun {
 public:
  TrainingRun(PreparedExperiment prepared, std::shared_ptr<Device> device, const RunOptions& options,
              const std::string& id);
  RunOutcome run();

 private:
  void begin();
  void restore(const Checkpoint& checkpoint);
  void train_epoch(int epoch);
  void train_step(const Batch& batch, int epoch);
  void end_epoch(int epoch);
  bool update_best(int epoch, const MeasuredValues& judged);
  void save_best(int epoch);
  void save();
  RunOutcome stop();
  RunOutcome diverge(const Batch& batch, double learning_rate);
  RunOutcome finish();
  void append(Event event);
  void append_profile();
  double wall_seconds() const;
  double samples_per_second(std::int64_t steps_in_epoch) const;
  std::string epoch_summary(const MeasuredValues& train, const MeasuredValues& validation) const;
  const SampleSource& train_source() const { return *prepared_.train; }

  PreparedExperiment prepared_;  ///< without the model files' contents: the session has what it needs of them
  const Experiment& config_;
  std::shared_ptr<Device> device_;
  const RunOptions& options_;
  std::string id_;
  StopSignal stop_signal_;
  RunFolder folder_;
  Session session_;
  std::int64_t process_bytes_;  ///< Foreseen's
  MetricSet train_metrics_, validation_metrics_;
  Loader train_loader_;
  std::unique_ptr<Loader> validation_loader_;
  RecordWriter record_;
  Progress progress_;
  TrainingState state_;
  MachinePeaks peaks_;  ///< only for a profile
  std::optional<StepProfiler> profiler_;
  std::int64_t steps_per_epoch_;
  std::int64_t total_steps_;
  std::string best_metric_;  ///< without the split
  bool best_is_max_ = false;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::optional<RunOutcome> ended_;
};

}  // namespace thaw
