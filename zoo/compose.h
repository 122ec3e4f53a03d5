#pragma once

#include <map>
#include <string>
#include <vector>

#include "graph/builder.h"
#include "schemas/experiment.pb.h"
#include "schemas/findings.h"

namespace thaw {

/// How a parameter starts.
struct ParameterInit {
  std::string name;  ///< "conv2d/kernel"
  Shape shape;
  Initializer initializer = ZEROS;
  std::int64_t fan_in = 0;
  std::int64_t fan_out = 0;
};

/// A layer as people read it in a table.
struct LayerInfo {
  std::string name;
  std::string type;    ///< "Conv2D 3x3, 16 filters, relu"
  std::string from;    ///< names of the feeding layers
  Shape output_shape;  ///< without the batch
  std::int64_t parameters = 0;
  std::int64_t flops = 0;  ///< forward, one sample
};

/// An experiment's model as the forward part of a graph.
struct ComposedModel {
  ValueId input = kNoValue;
  std::map<std::string, ValueId> outputs;  ///< by layer name, after the activation
  std::vector<ParameterInit> parameters;
  std::vector<LayerInfo> layers;
};

/// Builds the layers for batches of `batch` samples. A layer that does not fit its input becomes a finding at the field
/// that caused it, and building ends there (later shapes are unknown); the result is then incomplete.
ComposedModel compose(const Model& model, std::int64_t batch, Builder& builder, Findings& findings);

}  // namespace thaw
