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

/// What is left of a sweep, foreseen.
struct SweepForecast {
  double wall_s = 0;                ///< of all that is left, with the jobs that share the cores
  double features_s = 0;            ///< of it: what frozen trunks do once for all members
  std::int64_t memory_bytes = 0;    ///< of one process, at most
  std::int64_t all_jobs_bytes = 0;  ///< of all processes that run at once, at most
  std::int64_t runs_bytes = 0;      ///< of the folders that are to come
  std::int64_t features_bytes = 0;  ///< of files of features
  int at_once = 1;                  ///< processes that have cores of their own
  int most_expensive = -1;          ///< index into the plan's members; -1: nothing is left
  std::vector<std::string> rough;   ///< why the time is rough
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
  SweepForecast forecast;
};

/// Checks every member down to its data, weights and shapes, finds out which were run before, and foresees what the
/// rest costs. Tells progress on stderr. Throws InputError with every finding of every member; one that many members
/// share is said once.
CheckedSweep check_sweep(const SweepMembers& members, const SweepContext& context);

}  // namespace thaw
