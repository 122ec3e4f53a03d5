// What a run writes down to go on from, and when.
#include <filesystem>

#include "runner/store/durable_file.h"
#include "runner/train/process_facts.h"
#include "runner/train/training_run.h"

namespace thaw {
namespace {

using Clock = std::chrono::steady_clock;

/// Less than this is written at the end of every epoch.
constexpr std::int64_t kSmallBytes = std::int64_t{64} << 20;
/// More only so often that it takes about this share of the time.
constexpr double kShareOfTime = 0.05;
/// Copied, hashed, written and synced. Measured: 0.5e9 to 0.9e9.
constexpr double kBytesPerSecond = 0.6e9;

}  // namespace

void TrainingRun::restore(const Checkpoint& checkpoint) {
  session_.restore_changing(checkpoint.tensors, !is_training_over(), checkpoint.path);
  train_metrics_.restore(checkpoint.metadata.reals("sums"));
}

/// No step is to come, so the optimizer's slots are of no more use: the last checkpoint is without them.
bool TrainingRun::is_training_over() const { return state_.step == total_steps_ || state_.is_stopped_early; }

/// What no step changes is written once, beside the checkpoints; of runs side by side that have the same, by the first:
/// the others' file is that file.
void TrainingRun::save_frozen(const TrainingRun* sibling) {
  const std::string path = folder_.frozen_path();
  if (session_.frozen().empty() || std::filesystem::exists(path)) return;
  if (sibling != nullptr && sibling->session_.frozen_sha256().sha256 == session_.frozen_sha256().sha256 &&
      link_file_durably(sibling->folder_.frozen_path(), path)) {
    return;
  }
  CheckpointView view;
  const auto tensors = session_.frozen_tensors();
  for (const NamedTensor& tensor : tensors) view.tensors.push_back(tensor.view());
  write_checkpoint(path, view);
}

bool TrainingRun::is_large() const { return session_.changing_bytes() > kSmallBytes; }

bool TrainingRun::is_checkpoint_due() const {
  const double cost_s = static_cast<double>(session_.changing_bytes()) / kBytesPerSecond;
  return !is_large() || seconds_since(last_saved_) * kShareOfTime >= cost_s;
}

void TrainingRun::save() {
  write_best();  // first: a checkpoint speaks of the best weights as being there
  if (!is_training_over()) best_.reset();
  const auto start = Clock::now();
  TrainingState saved = state_;
  saved.wall_s = wall_seconds();
  CheckpointView view;
  view.step = state_.step;
  saved.write(view.metadata);
  view.metadata.set_reals("sums", train_metrics_.state());
  const auto tensors = session_.changing_tensors(!is_training_over());
  for (const NamedTensor& tensor : tensors) view.tensors.push_back(tensor.view());
  save_checkpoint(folder_.checkpoints_path(), view);
  last_saved_ = Clock::now();
  saved_step_ = state_.step;
  state_.epoch_time.set_checkpoint_s(state_.epoch_time.checkpoint_s() + seconds_since(start));
}

void TrainingRun::keep_best(int epoch) {
  if (!best_) {
    best_ = KeptBest{epoch, state_.step, session_.changing_tensors(false)};
  } else {  // fresh memory takes several times as long as the copy
    session_.read_again(best_->tensors);
    best_->epoch = epoch;
    best_->step = state_.step;
    best_->is_written = false;
  }
  if (!is_large()) write_best();
}

void TrainingRun::write_best() {
  if (!best_ || best_->is_written) return;
  const auto start = Clock::now();
  CheckpointView view;
  view.step = best_->step;
  view.metadata.set_integer("epoch", best_->epoch);
  for (const NamedTensor& tensor : best_->tensors) view.tensors.push_back(tensor.view());
  write_checkpoint(folder_.best_checkpoint_path(), view);
  best_->is_written = true;
  state_.epoch_time.set_checkpoint_s(state_.epoch_time.checkpoint_s() + seconds_since(start));
}

/// Those of this process lie in memory still; they are as they were written.
void TrainingRun::restore_best() {
  const std::string path = folder_.best_checkpoint_path();
  if (!best_) return session_.restore_changing(read_checkpoint(path).tensors, false, path);
  session_.restore_changing(best_->tensors, false, path);
  best_.reset();
}

}  // namespace thaw
