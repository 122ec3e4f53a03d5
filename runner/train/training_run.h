#pragma once

#include <optional>

#include "runner/progress.h"
#include "runner/store/checkpoint.h"
#include "runner/store/record_writer.h"
#include "runner/store/run_folder.h"
#include "runner/store/stop_signal.h"
#include "runner/train/evaluate.h"
#include "runner/train/features.h"
#include "runner/train/stage_plan.h"
#include "runner/train/step_profiler.h"
#include "runner/train/trainer.h"
#include "runner/train/training_state.h"

namespace thaw {

/// One process's work on one run: from its newest checkpoint to its end, a stop signal or a divergence.
class TrainingRun {
 public:
  TrainingRun(PreparedExperiment prepared, std::shared_ptr<Device> device, const RunOptions& options,
              const std::string& id);
  RunOutcome run();

 private:
  void begin();
  /// Lets the frozen trunk do its part and opens the loaders of what it leaves. A request to stop ends the run
  /// meanwhile.
  void make_rows(std::unique_ptr<TrunkProgram> trunk);
  /// What the best weights are judged by: the validation set, or the training set as it is without any change at
  /// random.
  JudgedSet judged_set();
  DataPreview preview_of(const Batch& first) const;
  void restore(const Checkpoint& checkpoint);
  /// The stages that are due before `epoch`. False: none is.
  bool begin_stages(int epoch);
  void append_stage(int epoch, const std::string& reason, std::vector<TransferRow> rows);
  /// Throws InternalError if a tensor that no stage changes is not what it was when the run began.
  std::string check_frozen();
  void train_epoch(int epoch);
  void train_step(const Batch& batch, int epoch);
  void end_epoch(int epoch);
  bool update_best(int epoch, const MeasuredValues& judged);
  /// The weights as they are now are the best so far. Large ones stay in memory until the next checkpoint.
  void keep_best(int epoch);
  void write_best();
  void restore_best();
  bool is_large() const;
  /// Whether an epoch's end is to be written down: always, unless that would take too much of the time.
  bool is_checkpoint_due() const;
  bool is_training_over() const;
  void save_frozen();
  void save();
  RunOutcome stop();
  /// Whether it was asked to train no further than it has.
  bool is_pause_due() const;
  RunOutcome pause();
  RunOutcome diverge(const Batch& batch, double learning_rate);
  RunOutcome finish();
  void append(Event event);
  void append_profile();
  double wall_seconds() const;
  double samples_per_second(std::int64_t steps_in_epoch) const;
  const SampleSource& train_source() const { return *prepared_.train; }

  PreparedExperiment prepared_;  ///< without the model files' contents, once no stage is to be built from them
  const Experiment& config_;
  std::shared_ptr<Device> device_;
  const RunOptions& options_;
  std::string id_;
  StopSignal stop_signal_;
  RunFolder folder_;
  StagePlan stages_;
  LatestCheckpoint latest_;  ///< that this process goes on from; let go once it does
  TrainingState state_;
  Session session_;
  std::int64_t process_bytes_;  ///< Foreseen's
  MetricSet train_metrics_, validation_metrics_;
  TrainingRows rows_;
  std::unique_ptr<Loader> train_loader_, validation_loader_;
  RecordWriter record_;
  Progress progress_;
  MachinePeaks peaks_;  ///< only for a profile
  std::optional<StepProfiler> profiler_;
  struct KeptBest {
    int epoch;
    std::int64_t step;
    std::vector<NamedTensor> tensors;
    bool is_written = false;
  };
  std::optional<KeptBest> best_;  ///< since the last checkpoint
  std::chrono::steady_clock::time_point last_saved_ = std::chrono::steady_clock::now();
  std::int64_t saved_step_ = -1;  ///< of the last checkpoint that this process wrote
  std::int64_t steps_per_epoch_;
  std::int64_t total_steps_;
  std::string best_metric_;  ///< without the split
  bool best_is_max_ = false;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::optional<RunOutcome> ended_;
};

}  // namespace thaw
