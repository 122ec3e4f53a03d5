#include "runner/train/stage_plan.h"

namespace thaw {

std::optional<std::string> StagePlan::reason_for_next(int begun, int epoch, int epochs_since_best) const {
  if (begun >= count()) return std::nullopt;
  for (int i = begun; i < count(); ++i) {
    if (rules_.stage(i).has_at_epoch() && rules_.stage(i).at_epoch() <= epoch) {
      return "at epoch " + std::to_string(rules_.stage(i).at_epoch());
    }
  }
  const TransferStage& next = rules_.stage(begun);
  if (!next.has_plateau() || epochs_since_best < next.plateau().patience()) return std::nullopt;
  return "no improvement for " + std::to_string(epochs_since_best) + (epochs_since_best == 1 ? " epoch" : " epochs");
}

TrainingStage StagePlan::first() const {
  TrainingStage stage;
  while (reason_for_next(stage.number, 1, 0)) {
    ++stage.number;
    stage.begun_after.push_back(0);
  }
  return stage;
}

}  // namespace thaw
