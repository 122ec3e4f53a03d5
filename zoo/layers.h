#pragma once

#include "schemas/experiment.pb.h"
#include "zoo/layer_nodes.h"

namespace thaw {

/// Builds one layer: appends nodes to the graph and rows to the model.
class LayerBuilder {
 public:
  LayerBuilder(const ComposeContext& context, const std::string& name)
      : context_(context), builder_(context.builder), name_(name), parameters_(context, name) {}

  /// The layer's output. Throws GraphError with ONNX names of attributes, "from[1]" for the second input.
  ValueId build(const Layer& layer, const std::vector<ValueId>& inputs);

 private:
  ValueId single_input(const Layer& layer, ValueId input);
  ValueId conv2d(const Conv2d& layer, ValueId input);
  ValueId depthwise_conv2d(const DepthwiseConv2d& layer, ValueId input);
  ValueId dense(const Dense& layer, ValueId input);
  template <typename Pooling>
  ValueId pooling(const Pooling& layer, const char* op, const char* title, ValueId input);
  ValueId batch_normalization(const BatchNormalization& layer, ValueId input);
  ValueId dropout(const Dropout& layer, ValueId input);
  ValueId global_pooling2d(const char* op, const char* title, ValueId input);
  ValueId rescaling(const Rescaling& layer, ValueId input);
  ValueId up_sampling2d(const UpSampling2d& layer, ValueId input);
  ValueId zero_padding2d(const ZeroPadding2d& layer, ValueId input);
  ValueId add(const Add& layer, const std::vector<ValueId>& inputs);
  ValueId concatenate(const std::vector<ValueId>& inputs);
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
