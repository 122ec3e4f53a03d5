#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ops/device.h"
#include "runner/config/load.h"
#include "runner/data/open.h"
#include "runner/train/model_files.h"

namespace thaw {

/// Where and how to run.
struct RunOptions {
  std::string runs_root = "runs";
  DataRoots data_roots;
  bool wants_profile = false;  ///< time the kernels of some steps (StepProfiler)
  std::string command;         ///< what to type to run this again, for the report
};

/// How a run ended. The numbers are the exit codes.
enum class RunEnd { kDone = 0, kDiverged = 3, kStopped = 75 };

struct RunOutcome {
  RunEnd end = RunEnd::kDone;
  std::string folder;
  std::string message;  ///< one line for people
};

/// An experiment whose file, data and shapes have all been checked.
struct PreparedExperiment {
  LoadedExperiment loaded;
  std::shared_ptr<const SampleSource> train, validation;  ///< validation may be null
  OpenedModels models;
  std::string model_sha256;  ///< of all that was taken from model files, weights beside them included; empty: nothing
  std::vector<std::string> warnings = {};  ///< what people should know before it runs
};

/// Checks everything there is to check before anything is written. Throws InputError with every finding.
PreparedExperiment prepare(LoadedExperiment loaded, const DataRoots& roots);

/// Runs the experiment, or goes on with it from its newest checkpoint, or finds it done.
/// The model files are let go once the network is built. Throws InputError, IoError.
RunOutcome run_experiment(PreparedExperiment prepared, std::shared_ptr<Device> device, const RunOptions& options);

}  // namespace thaw
