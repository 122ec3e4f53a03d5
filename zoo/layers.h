#pragma once

#include "zoo/compose.h"

namespace thaw {

/// Builds one layer: appends nodes to the graph and rows to the model.
class LayerBuilder {
 public:
  LayerBuilder(Builder& builder, ComposedModel& model) : builder_(builder), model_(model) {}

  /// The layer's output. Throws GraphError with ONNX names of attributes.
  ValueId build(const Layer& layer, const std::string& name, ValueId input);

 private:
  ValueId conv2d(const Conv2d& layer, ValueId input);
  ValueId dense(const Dense& layer, ValueId input);
  template <typename Pooling>
  ValueId pooling(const Pooling& layer, const char* op, const char* title, ValueId input);
  ValueId activate(Activation activation, ValueId input);
  ValueId parameter(const std::string& role, Shape shape, Initializer initializer, std::int64_t fan_in,
                    std::int64_t fan_out);
  const Shape& shape(ValueId value) const { return builder_.graph().value(value).type.shape; }

  Builder& builder_;
  ComposedModel& model_;
  std::string name_;
  std::string type_;
  std::int64_t parameter_count_ = 0;
};

/// The experiment's field that an ONNX attribute comes from: "kernel_shape" of a conv2d is "kernel_size".
std::string field_of_attribute(const Layer& layer, const std::string& attribute);

}  // namespace thaw
