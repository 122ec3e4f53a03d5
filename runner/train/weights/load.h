#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ops/device.h"
#include "runner/config/load.h"
#include "runner/data/open.h"
#include "runner/train/weights/pretrained.h"

namespace thaw {

/// Where experiments that others take their weights from are found, and their runs.
struct PretrainingPlaces {
  std::string runs_root = "runs";
  std::vector<std::string> data_folders;  ///< where data is looked for before an experiment's own folder
  /// What such an experiment runs on; part of what its run is called by. Empty: the CPU.
  std::function<std::shared_ptr<Device>(const Experiment&)> open_device;
  std::vector<std::string> above;  ///< the files of experiments that wait for this one, the first one first
};

/// An experiment that has to be run before the weights it gives are there.
struct RunFirst {
  std::string file;
  std::string field;   ///< of the experiment that asks for it
  std::string reason;  ///< "has not been run", "was not finished", "diverged"
};

/// What the weights of an experiment are loaded with.
struct WeightLoading {
  const LoadedExperiment& loaded;
  const ComposedModel& model;
  const DataRoots& roots;
  const PretrainingPlaces& places;
  Findings& findings;
  std::vector<RunFirst>& run_first;
};

/// Opens every source of the experiment's `weights`, matches names and reads what is wanted. Where an experiment has to
/// be run first, only names and shapes are matched, and `run_first` gets what to run, in this order. Everything that
/// does not fit is a finding at its field.
PretrainedWeights load_weights(const WeightLoading& loading);

}  // namespace thaw
