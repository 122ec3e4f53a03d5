#pragma once

#include <string>

#include "schemas/experiment.pb.h"
#include "zoo/training_layers.h"

namespace thaw {

/// An ONNX model as a layer among layers.
struct OnnxLayer {
  const Onnx& config;
  const std::string& name;
  const std::string& from;  ///< the layer that feeds it
  ValueId input = kNoValue;
};

/// Appends the model's nodes, named "<layer>/<node>", and its initializers as parameters "<layer>/<initializer>" with
/// the file's values. Returns the model's output, or what `until` names. Throws InputError with every finding; their
/// field paths are those of the Onnx message ("path", "until"), or "input".
ValueId add_onnx_layer(const ComposeContext& context, const OnnxLayer& layer);

}  // namespace thaw
