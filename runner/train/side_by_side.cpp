#include "runner/train/side_by_side.h"

#include <set>
#include <utility>

#include "runner/train/training_group.h"
#include "schemas/diagnostic.h"

namespace thaw {

std::vector<RunOutcome> run_side_by_side(std::vector<PreparedExperiment> prepared, std::shared_ptr<Device> device,
                                         const RunOptions& options) {
  std::set<std::string> keys;
  for (const PreparedExperiment& each : prepared) keys.insert(group_key(each));
  if (keys.size() != 1 || keys.count("") > 0) throw InternalError("these experiments cannot train side by side");
  return train_group(std::move(prepared), std::move(device), options);
}

}  // namespace thaw
