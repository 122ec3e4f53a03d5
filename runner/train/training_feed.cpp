#include "runner/train/training_feed.h"

#include <algorithm>
#include <utility>

namespace thaw {

Loader::Options train_options(const Experiment& config) {
  return {.seed = config.seed(),
          .batch_size = config.train().batch_size(),
          .threads = static_cast<int>(config.data().loader_threads()),
          .prefetch_batches = static_cast<int>(config.data().prefetch_batches()),
          .shuffle = config.data().train().shuffle()};
}

Loader::Options validation_options(const Experiment& config) {
  Loader::Options options = train_options(config);
  options.shuffle = false;
  options.same_every_epoch = true;
  options.keep_bytes = std::int64_t{64} << 20;
  return options;
}

std::int64_t steps_of_an_epoch(const Experiment& config, const SampleSource& train) {
  const std::int64_t batch = config.train().batch_size();
  return (train.size() + batch - 1) / batch;
}

TrainingFeed::TrainingFeed(const PreparedExperiment& like, FeatureCache::Options cache)
    : config_(like.loaded.config),
      train_pictures_(like.train),
      validation_pictures_(like.validation),
      cache_(std::move(cache)),
      steps_per_epoch_(steps_of_an_epoch(config_, *train_pictures_)) {}

std::vector<TrunkReady> TrainingFeed::open(const Session& session, std::unique_ptr<TrunkProgram> trunk,
                                           Progress& progress) {
  train_.reset();  // they hold the rows before
  validation_.reset();
  rows_ = {};
  FeatureCache::Options cache = cache_;
  cache.note = [&progress](const std::string& text) { progress.note(text); };
  rows_ = make_rows(session, std::move(trunk),
                    {config_, train_pictures_, validation_pictures_, std::move(cache), progress});
  train_trunk_.emplace(rows_.trunk.get());
  validation_trunk_.emplace(rows_.trunk.get());
  if (!rows_.is_stopped) {
    train_ = std::make_unique<Loader>(rows_.train, train_options(config_));
    if (rows_.validation) {
      validation_ = std::make_unique<Loader>(rows_.validation, validation_options(config_));
      validation_->seek(0, 0);
    }
  }
  return std::exchange(rows_.ready, {});
}

void TrainingFeed::seek(std::int64_t step) {
  train_->seek(static_cast<std::uint64_t>(step / steps_per_epoch_), step % steps_per_epoch_);
}

const Batch& TrainingFeed::next() {
  drawn_ = &train_->next();
  return train_trunk_->of(*drawn_);
}

DataPreview TrainingFeed::preview(SamplePictures& to) {
  const auto is_there = [&to](const Sample& sample) { return to.write_again(sample.image()); };
  if (preview_ && std::all_of(preview_->sample().begin(), preview_->sample().end(), is_there)) return *preview_;
  if (!drawn_->has_features) {
    preview_ = thaw::preview(*drawn_, *train_pictures_, "train", to);
  } else {
    Loader::Options options = train_options(config_);
    options.threads = 0;
    Loader pictures(train_pictures_, options);
    preview_ = thaw::preview(pictures.next(), *train_pictures_, "train", to);
  }
  return *preview_;
}

JudgedSet TrainingFeed::judged_set(Session& session) {
  JudgedSet judged{rows_.train, train_pictures_, "train", config_.train().batch_size(), rows_.trunk.get()};
  if (rows_.validation) {
    judged.source = rows_.validation;
    judged.pictures = validation_pictures_;
    judged.split = "validation";
  } else if (const auto plain = train_pictures_->plain()) {
    judged.source = judged.pictures = plain;
  }
  if (!session.has_trunk()) return judged;
  // The kept features are those of the last stage's weights.
  const bool is_trunk_another = session.is_trunk_ever_changed();
  if (is_trunk_another) judged.source = judged.pictures;
  if (judged.source->gives_features()) return judged;
  if (is_trunk_another || (!judged.trunk && !judging_trunk_)) {
    judging_trunk_ = session.make_trunk();
    judging_trunk_->calibrate_on(train_pictures_);
  }
  if (judging_trunk_) judged.trunk = judging_trunk_.get();
  return judged;
}

}  // namespace thaw
