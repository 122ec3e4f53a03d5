#pragma once

#include "schemas/experiment.pb.h"
#include "zoo/parameters.h"

namespace thaw {

/// Builds one layer: appends nodes to the graph and rows to the model.
class LayerBuilder {
 public:
  LayerBuilder(const ComposeContext& context, const std::string& name)
      : context_(context), builder_(context.builder), name_(name), parameters_(context, name) {}

  /// The layer's output. Throws GraphError with ONNX names of attributes.
  ValueId build(const Layer& layer, ValueId input);

 private:
  ValueId conv2d(const Conv2d& layer, ValueId input);
  ValueId dense(const Dense& layer, ValueId input);
  template <typename Pooling>
  ValueId pooling(const Pooling& layer, const char* op, const char* title, ValueId input);
  ValueId batch_normalization(const BatchNormalization& layer, ValueId input);
  ValueId dropout(const Dropout& layer, ValueId input);
  ValueId global_average_pooling2d(ValueId input);
  ValueId rescaling(const Rescaling& layer, ValueId input);
  ValueId activate(Activation activation, ValueId input);
  /// Numbers that are given, one for all channels or one for each, to be broadcast over `x`.
  ValueId per_channel(const std::string& role, const std::vector<double>& numbers, const Shape& x);
  const Shape& shape(ValueId value) const { return context_.shape(value); }

  const ComposeContext& context_;
  Builder& builder_;
  std::string name_;
  ParameterFactory parameters_;
  std::string type_;
};

/// The experiment's field that an ONNX attribute comes from: "kernel_shape" of a conv2d is "kernel_size".
std::string field_of_attribute(const Layer& layer, const std::string& attribute);

}  // namespace thaw
