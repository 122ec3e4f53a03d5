// What a run is fed with: pictures, or what its frozen trunk made of them.
#include <utility>

#include "runner/train/training_run.h"

namespace thaw {
namespace {

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
  return options;
}

}  // namespace

void TrainingRun::make_rows(std::unique_ptr<TrunkProgram> trunk) {
  train_loader_.reset();  // they hold the rows before
  validation_loader_.reset();
  rows_ = {};
  FeatureCache::Options cache;
  cache.folder = options_.cache_folder.empty() ? options_.runs_root + "/.cache" : options_.cache_folder;
  cache.limit_bytes = options_.cache_limit_bytes;
  cache.note = [this](const std::string& text) { progress_.note(text); };
  cache.is_stopping = [this] { return stop_signal_.is_requested(); };
  rows_ = thaw::make_rows(session_, std::move(trunk),
                          {config_, prepared_.train, prepared_.validation, std::move(cache), progress_});
  for (TrunkReady& ready : rows_.ready) {
    Event event;
    ready.set_stage(state_.stage.number);
    *event.mutable_trunk_ready() = std::move(ready);
    append(std::move(event));
  }
  if (rows_.is_stopped) {
    ended_ = stop();
    return;
  }
  train_loader_ = std::make_unique<Loader>(rows_.train, train_options(config_));
  train_loader_->seek(static_cast<std::uint64_t>(state_.step / steps_per_epoch_), state_.step % steps_per_epoch_);
  if (!rows_.validation) return;
  validation_loader_ = std::make_unique<Loader>(rows_.validation, validation_options(config_));
  validation_loader_->seek(0, 0);
}

JudgedSet TrainingRun::judged_set() {
  JudgedSet judged{rows_.train, prepared_.train, "train", config_.train().batch_size()};
  if (rows_.validation) {
    judged = {rows_.validation, prepared_.validation, "validation", judged.batch_size};
  } else if (const auto plain = train_source().plain()) {
    judged = {plain, plain, "train", judged.batch_size};
  }
  if (!session_.has_trunk()) return judged;
  // The kept features are those of the last stage's weights.
  if (session_.is_trunk_ever_changed()) judged.source = judged.pictures;
  if (!judged.source->gives_features()) {
    session_.use_trunk(nullptr);
    auto trunk = session_.make_trunk();
    trunk->calibrate_on(prepared_.train);
    session_.use_trunk(std::move(trunk));
  }
  return judged;
}

/// The first batch as pictures: its rows may be features of them.
DataPreview TrainingRun::preview_of(const Batch& first) const {
  if (!first.has_features) return preview(first, train_source(), "train", folder_.path());
  Loader::Options options = train_options(config_);
  options.threads = 0;
  Loader pictures(prepared_.train, options);
  return preview(pictures.next(), train_source(), "train", folder_.path());
}

}  // namespace thaw
