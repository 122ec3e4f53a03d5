#pragma once

#include <string>

#include "ops/device.h"
#include "runner/train/trainer.h"

namespace thaw {

/// What `thaw summary` asks for.
struct SummaryOptions {
  bool wants_json = false;
  bool wants_passes = false;   ///< the graph after every pass
  bool wants_weights = false;  ///< a line for each tensor and parameter of pretrained weights
  bool wants_plan = false;     ///< every kernel with its layouts and place in the arena
};

/// Layers, shapes, parameters, FLOPs and planned memory of an experiment that was checked. As in a
/// run, the model files are let go once the network is built.
std::string summarize(PreparedExperiment prepared, std::shared_ptr<Device> device, const SummaryOptions& options);

}  // namespace thaw
