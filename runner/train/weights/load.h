#pragma once

#include <functional>
#include <memory>
#include <string>

#include "runner/config/load.h"
#include "runner/data/open.h"
#include "runner/train/last_few.h"
#include "runner/train/weights/pretrained.h"
#include "runner/train/weights/source.h"

namespace thaw {

/// What the weights of an experiment are loaded with.
struct WeightLoading {
  /// Opens the weights of another experiment, which `weights` at `field` names. Nothing, after findings, if it cannot
  /// be used.
  using OpenExperiment = std::function<std::unique_ptr<WeightSource>(const Weights& weights, const std::string& field)>;

  const LoadedExperiment& loaded;
  const ComposedModel& model;
  const DataRoots& roots;
  Findings& findings;
  OpenExperiment open_experiment;
  LastFew<LoadedWeights>* cache = nullptr;  ///< null: everything is read
};

/// Opens every source of the experiment's `weights`, matches names and reads what is wanted. Where an experiment has to
/// be run first, only names and shapes are matched. Everything that does not fit is a finding at its field.
PretrainedWeights load_weights(const WeightLoading& loading);

}  // namespace thaw
