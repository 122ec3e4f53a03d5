#pragma once

#include <optional>
#include <string>

#include "runner/train/build.h"

namespace thaw {

/// When the stages of `transfer` begin. They come in their order: one that begins at an epoch takes along those before
/// it that still wait for a plateau.
class StagePlan {
 public:
  explicit StagePlan(const Experiment& config) : rules_(config.transfer().rules()) {}

  int count() const { return rules_.stage_size(); }
  /// Why the stage after the first `begun` begins before `epoch` ("at epoch 3"); nothing if it does not yet.
  /// `epochs_since_best`: since the best epoch or the last stage's begin, whichever is later.
  std::optional<std::string> reason_for_next(int begun, int epoch, int epochs_since_best) const;
  /// Where training begins: stages may begin before the first epoch.
  TrainingStage first() const;

 private:
  TransferRules rules_;
};

}  // namespace thaw
