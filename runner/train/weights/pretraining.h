#pragma once

#include <memory>

#include "runner/train/weights/load.h"
#include "runner/train/weights/source.h"

namespace thaw {

/// The weights of another experiment: those of its finished run, or, as long as there is none, what they will be
/// called. `run_first` then gets what is to be run, itself last. Nothing, after findings, if it cannot be used.
std::unique_ptr<WeightSource> open_experiment_weights(const Weights& weights, const std::string& field,
                                                      const WeightLoading& loading);

}  // namespace thaw
