#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "runner/train/evaluate.h"
#include "runner/train/features.h"
#include "runner/train/pictures.h"

namespace thaw {

/// What training runs are fed with: batches of pictures, or of what their frozen trunk made of them. Runs side by side
/// share one, so that each batch is drawn once and goes through the trunk once.
class TrainingFeed {
 public:
  /// `like`: any of the runs. Its cache folder and what tells it to stop are in `cache`.
  TrainingFeed(const PreparedExperiment& like, FeatureCache::Options cache);

  /// Lets the trunk of a session do its part and begins with the first batch. Again, where the trunk became another
  /// one. What is to be said of it, by split. A request to stop may end it before.
  std::vector<TrunkReady> open(const Session& session, std::unique_ptr<TrunkProgram> trunk, Progress& progress);
  bool is_stopped() const { return rows_.is_stopped; }

  /// The next batch is the one of this step, counted from 0 through all epochs.
  void seek(std::int64_t step);
  /// Valid until the next call, here or of next_validation().
  const Batch& next();
  bool has_validation() const { return validation_ != nullptr; }
  std::int64_t validation_batches() const { return validation_->batches_per_epoch(); }
  const Batch& next_validation() { return validation_trunk_->of(validation_->next()); }
  int max_objects() const { return train_pictures_->max_objects(); }
  int max_validation_objects() const { return validation_pictures_->max_objects(); }

  /// The first batch of all as pictures, which go to `to` and are left there to commit. Call when next() gave it.
  DataPreview preview(SamplePictures& to);
  /// What the best weights are judged by: the validation set, or the training set as it is without any change at
  /// random. `session`: whose weights are judged, the best ones by now.
  JudgedSet judged_set(Session& session);
  EncodedPictures& pictures() { return pictures_; }

 private:
  Experiment config_;
  std::shared_ptr<const SampleSource> train_pictures_, validation_pictures_;
  FeatureCache::Options cache_;
  TrainingRows rows_;
  std::int64_t steps_per_epoch_;
  std::unique_ptr<Loader> train_, validation_;
  std::optional<TrunkBatches> train_trunk_, validation_trunk_;
  const Batch* drawn_ = nullptr;                 ///< what train_ gave last
  std::unique_ptr<TrunkProgram> judging_trunk_;  ///< where rows_ needs none
  std::optional<DataPreview> preview_;
  EncodedPictures pictures_;
};

/// How batches are drawn. Validation's are kept where they are small.
Loader::Options train_options(const Experiment& config);
Loader::Options validation_options(const Experiment& config);

/// Steps in an epoch.
std::int64_t steps_of_an_epoch(const Experiment& config, const SampleSource& train);

}  // namespace thaw
