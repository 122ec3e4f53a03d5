#pragma once

#include <functional>
#include <string>
#include <vector>

#include "schemas/sweep_record.pb.h"

namespace thaw {

/// How a sweep is run.
struct SweepOptions {
  std::string runs_root = "runs";
  std::string folder;                       ///< the sweep's
  std::vector<std::string> worker_command;  ///< of a process that trains members, without these: --member ID...
  int jobs = 1;                             ///< processes at once
  int threads = 1;                          ///< of each member
  int retries = 2;
  /// Called at the end with the sweep's folder: writes what people look at.
  std::function<void(const std::string& folder)> write_report = {};
};

/// What a worker ends with when another process has a member that it was told to train.
inline constexpr int kTakenExitCode = 69;

/// How a sweep's process ended. The numbers are the exit codes.
enum class SweepEnd { kDone = 0, kSomeFailed = 1, kStopped = 75 };

/// Trains all members of a sweep in worker processes, or goes on with them, or finds them done: nothing is lost or done
/// twice, whatever was killed before and whoever else works on the same sweep at the same time. Shows how far it is on
/// stderr and the answer in short on stdout.
///
/// `sweep` says what there is to do, in its final form. Throws IoError for journals and logs that cannot be written,
/// after the workers have been told to stop.
SweepEnd run_sweep(SweepStarted sweep, const SweepOptions& options);

}  // namespace thaw
