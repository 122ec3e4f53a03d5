#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ops/device.h"
#include "runner/data/open.h"
#include "runner/store/run_folder.h"
#include "runner/sweep/members.h"
#include "runner/train/pretraining.h"

namespace thaw {

/// Where a sweep finds and leaves things, and how it will be run.
struct SweepContext {
  std::string runs_root = "runs";
  DataRoots data_roots;                   ///< the file's own folder last
  std::vector<std::string> data_folders;  ///< without the file's own: for experiments whose weights are needed
  std::function<std::shared_ptr<Device>(const Experiment&)> open_device;
  int jobs = 1;  ///< processes at once
};

/// A sweep whose members have all been checked.
struct CheckedSweep {
  /// All of it but who runs it (command, version, host, pid). A member has no id as long as an experiment has to be run
  /// first whose weights it starts from; the sweep then has none either. Of members that come to the same run only the
  /// first is here.
  SweepStarted plan;
  std::vector<RunStatus> status;      ///< of each member of the plan: of its run folder
  std::vector<RunFirst> run_first;    ///< in the order to run them, each once
  std::vector<std::string> warnings;  ///< what people should know before it runs
};

/// Checks every member down to its data, weights and shapes, finds out which were run before, and foresees what the
/// rest costs. Tells progress on stderr. Throws InputError with every finding of every member; one that many members
/// share is said once.
CheckedSweep check_sweep(const SweepMembers& members, const SweepContext& context);

}  // namespace thaw
