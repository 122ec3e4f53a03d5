#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ops/device.h"
#include "runner/config/load.h"
#include "runner/data/open.h"
#include "runner/train/weights/source.h"

namespace thaw {

struct PreparationCache;

/// Where experiments that others take their weights from are found, and their runs.
struct PretrainingPlaces {
  std::string runs_root = "runs";
  std::vector<std::string> data_folders;  ///< where data is looked for before an experiment's own folder
  /// What such an experiment runs on; part of what its run is called by. Empty: the CPU.
  std::function<std::shared_ptr<Device>(const Experiment&)> open_device;
  std::vector<std::string> above;     ///< the files of experiments that wait for this one, the first one first
  PreparationCache* cache = nullptr;  ///< what was found out while others were prepared
};

/// An experiment that has to be run before the weights it gives are there.
struct RunFirst {
  std::string file;
  std::string field;   ///< of the experiment that asks for it
  std::string reason;  ///< "has not been run", "was not finished", "diverged"
};

/// Who asks for another experiment's weights.
struct PretrainingRequest {
  const LoadedExperiment& loaded;
  const DataRoots& roots;
  const PretrainingPlaces& places;
  Findings& findings;
  std::vector<RunFirst>& run_first;
};

/// The weights of another experiment: those of its finished run, or, as long as there is none, what they will be
/// called. `run_first` then gets what is to be run, itself last. Nothing, after findings, if it cannot be used.
std::unique_ptr<WeightSource> open_experiment_weights(const Weights& weights, const std::string& field,
                                                      const PretrainingRequest& request);

}  // namespace thaw
