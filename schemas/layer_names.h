#pragma once

#include <string>
#include <vector>

#include "schemas/experiment.pb.h"

namespace thaw {

/// The name of every layer: as written, or Keras's for its kind: "conv2d", "conv2d_1", "conv2d_2", counting unnamed
/// layers of a kind and passing over names that are written elsewhere. A layer without a kind counts as "layer".
std::vector<std::string> layer_names(const Model& model);

/// "conv2d", "dense", ...; "layer" if the layer has no kind.
std::string layer_kind(const Layer& layer);

}  // namespace thaw
