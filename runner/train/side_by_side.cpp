#include "runner/train/side_by_side.h"

#include <utility>

#include "runner/train/training_group.h"
#include "schemas/diagnostic.h"

namespace thaw {

std::vector<RunOutcome> run_side_by_side(std::vector<PreparedExperiment> prepared, std::shared_ptr<Device> device,
                                         const RunOptions& options) {
  const std::string key = prepared.empty() ? "" : group_key(prepared[0]);
  for (const PreparedExperiment& each : prepared) {
    if (key.empty() || group_key(each) != key) throw InternalError("these experiments cannot train side by side");
  }
  return train_group(std::move(prepared), std::move(device), options);
}

}  // namespace thaw
