#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ops/device.h"
#include "runner/config/load.h"
#include "runner/data/open.h"
#include "runner/train/model_files.h"
#include "runner/train/pretraining.h"
#include "runner/train/weights/pretrained.h"

namespace thaw {

/// Where and how to run.
struct RunOptions {
  std::string runs_root = "runs";
  std::string cache_folder = {};                    ///< for features of frozen trunks; empty: .cache under runs_root
  std::int64_t cache_limit_bytes = 20'000'000'000;  ///< that they may take up together
  DataRoots data_roots;
  bool wants_profile = false;     ///< time the kernels of some steps (StepProfiler)
  bool waits_for_others = false;  ///< until no other process runs the same; otherwise that is a mistake
  std::string command;            ///< what to type to run this again, for the report
  /// The same, where several runs share these options: after the run's folder. Empty: `command` holds for all.
  std::function<std::string(const std::string& folder)> command_of = {};
  int until_epoch = 0;  ///< training pauses after this epoch, with a checkpoint; 0: it goes on to its end
  /// Called at the end with the run's folder, while no other process may work in it: writes what people look at.
  std::function<void(const std::string& folder)> write_report = {};
};

/// How a run ended. kPaused: after RunOptions::until_epoch; a later run goes on to the same bytes.
enum class RunEnd { kDone, kPaused, kDiverged, kStopped };

/// What a process ends with: 0 where it did what it was asked to, 3 diverged, 75 stopped.
int exit_code(RunEnd end);

struct RunOutcome {
  RunEnd end = RunEnd::kDone;
  std::string folder;   ///< empty: nothing was begun
  std::string message;  ///< one line for people
};

/// An experiment whose file, data and shapes have all been checked.
struct PreparedExperiment {
  LoadedExperiment loaded;
  std::shared_ptr<const SampleSource> train, validation;  ///< validation may be null
  OpenedModels models;
  std::string model_sha256;   ///< of all that was taken from model files, weights beside them included; empty: nothing
  PretrainedWeights weights;  ///< incomplete as long as something has to be run first
  std::vector<RunFirst> run_first;          ///< experiments whose weights are needed, in the order to run them
  std::map<std::string, Shape> parameters;  ///< of the network, by name
  std::set<std::string> pretrained;   ///< parameters that start from what was learned before, onnx layers' included
  std::vector<double> class_weights;  ///< empty: every sample counts the same
  std::vector<std::string> warnings;  ///< what people should know before it runs
};

/// Checks everything there is to check before anything is written, and reads the weights that the experiment starts
/// from; runs nothing. Throws InputError with every finding.
PreparedExperiment prepare(LoadedExperiment loaded, const DataRoots& roots, const PretrainingPlaces& places = {});

/// `like` with another seed: its data alone are opened anew, all else is as it was found. Throws InputError.
PreparedExperiment prepare_again(const PreparedExperiment& like, std::uint64_t seed, const DataRoots& roots,
                                 PreparationCache* cache = nullptr);

/// Runs the experiment, or goes on with it from its newest checkpoint, or finds it done.
/// The model files are let go once the network is built. Throws InputError, IoError.
RunOutcome run_experiment(PreparedExperiment prepared, std::shared_ptr<Device> device, const RunOptions& options);

}  // namespace thaw
