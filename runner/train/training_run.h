#pragma once

#include <optional>

#include "runner/progress.h"
#include "runner/store/checkpoint.h"
#include "runner/store/record_writer.h"
#include "runner/store/run_folder.h"
#include "runner/store/stop_signal.h"
#include "runner/train/stage_plan.h"
#include "runner/train/step_profiler.h"
#include "runner/train/trainer.h"
#include "runner/train/training_feed.h"
#include "runner/train/training_state.h"

namespace thaw {

/// What runs of one process have in common.
struct RunContext {
  std::shared_ptr<Device> device;
  const RunOptions& options;
  const StopSignal& stop_signal;
  std::vector<std::string> ids;  ///< of all runs that train side by side, this one among them
  std::shared_ptr<Arena> arena;  ///< of all
};

/// One process's work on one run, from its newest checkpoint to its end, a pause, a stop signal or a divergence: what
/// it does with batches, and what it writes down. Who gives it batches is training_group's business.
class TrainingRun {
 public:
  /// `trunk`: of a run beside it, or null. Builds and binds; computes and writes nothing.
  TrainingRun(PreparedExperiment prepared, RunFolder folder, const RunContext& context,
              std::shared_ptr<FrozenTrunk> trunk);

  // In this order, each once.
  /// Gets its weights. `sibling`: a run whose frozen weights may be the same; null: none.
  void load(const TrainingRun* sibling);
  /// Writes down that it begins or goes on. `trunk`: the session's, where it has one.
  void announce(const TrunkProgram* trunk, std::int64_t process_bytes);
  /// What became of the trunk's features.
  void start(TrainingFeed& feed, const std::vector<TrunkReady>& ready);

  /// Ends it where nothing is left to train, or a pause is due: call before its first batch and after each epoch.
  void settle();
  /// One step. `waited_s`: for this batch, its share.
  void train(const Batch& batch, double waited_s);
  /// At an epoch's end, where there is a validation set: each of its batches, `waited_s` as above.
  void validate(const Batch& batch, double waited_s);
  void end_epoch();
  /// A signal asks for it.
  void stop();

  std::int64_t step() const { return state_.step; }
  std::int64_t steps_per_epoch() const { return steps_per_epoch_; }
  const std::optional<RunOutcome>& outcome() const { return ended_; }
  Session& session() { return session_; }
  const Session& session() const { return session_; }
  Progress& progress() { return progress_; }
  const RunFolder& folder() const { return folder_; }

 private:
  class Span;

  void restore(const Checkpoint& checkpoint);
  /// The stages that are due before `epoch`. False: none is.
  bool begin_stages(int epoch);
  void append_stage(int epoch, const std::string& reason, std::vector<TransferRow> rows);
  void append_ready(std::vector<TrunkReady> ready);
  /// Throws InternalError if a tensor that no stage changes is not what it was when the run began.
  std::string check_frozen();
  bool update_best(int epoch, const MeasuredValues& judged);
  /// The weights as they are now are the best so far. Large ones stay in memory until the next checkpoint.
  void keep_best(int epoch);
  void write_best();
  void restore_best();
  bool is_large() const;
  /// Whether an epoch's end is to be written down: always, unless that would take too much of the time.
  bool is_checkpoint_due() const;
  bool is_training_over() const;
  void save_frozen(const TrainingRun* sibling);
  void save();
  RunOutcome stopped();
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
  bool is_alone() const { return context_.ids.size() == 1; }

  PreparedExperiment prepared_;  ///< without the model files' contents, once no stage is to be built from them
  const Experiment& config_;
  const RunContext& context_;
  const RunOptions& options_;
  RunFolder folder_;
  StagePlan stages_;
  LatestCheckpoint latest_;  ///< that this process goes on from; let go once it does
  TrainingState state_;
  Session session_;
  TrainingFeed* feed_ = nullptr;
  MetricSet train_metrics_, validation_metrics_;
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
  double own_s_ = 0;            ///< in calls of this run, and waiting for its batches
  const Span* span_ = nullptr;  ///< the call that is going on
  std::optional<RunOutcome> ended_;
};

}  // namespace thaw
