#pragma once

#include <memory>
#include <vector>

#include "runner/progress.h"
#include "runner/store/feature_cache.h"
#include "runner/train/session.h"
#include "runner/train/trainer.h"
#include "schemas/run_record.pb.h"

namespace thaw {

/// What a network is trained on and judged by once its frozen trunk has done its part.
struct TrainingRows {
  std::shared_ptr<const SampleSource> train, validation;  ///< of features where they are kept, else of pictures
  std::vector<TrunkReady> ready;                          ///< by split, for the record
  std::unique_ptr<TrunkProgram> trunk;                    ///< where pictures are left that have to go through it
  bool is_stopped = false;                                ///< before all were there
};

/// Which samples, and where features are kept.
struct FeatureOptions {
  const Experiment& config;
  std::shared_ptr<const SampleSource> train, validation;  ///< of pictures; validation may be null
  FeatureCache::Options cache;
  Progress& progress;
};

/// Lets a session's trunk make features of all samples that are the same in each epoch, or finds them in the cache. A
/// set that cannot be kept (every epoch draws anew, no room, or the experiment says so) stays one of pictures. Call
/// once the session has its weights; does nothing for a network without a trunk.
TrainingRows make_rows(const Session& session, std::unique_ptr<TrunkProgram> trunk, const FeatureOptions& options);

/// Whether the trunk's results for a set of samples can be kept.
bool are_features_kept(const Experiment& config, const SampleSource& source, bool is_validation);

}  // namespace thaw
