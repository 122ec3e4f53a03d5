#include "graph/builder.h"

#include "schemas/diagnostic.h"

namespace thaw {

ValueId Builder::input(const std::string& name, TensorType type) {
  return graph_.add_value({name, std::move(type), ValueKind::kInput, -1, false});
}

ValueId Builder::parameter(const std::string& name, Shape shape, bool trainable, DType dtype) {
  return graph_.add_value({name, {dtype, std::move(shape)}, ValueKind::kParameter, -1, trainable});
}

ValueId Builder::state(const std::string& name, Shape shape) {
  return graph_.add_value({name, {DType::kFloat32, std::move(shape)}, ValueKind::kState, -1, false});
}

std::vector<ValueId> Builder::nodes(const std::string& op, std::vector<ValueId> inputs, Attributes attributes) {
  const OpDef& def = registry_.get(op);
  Node node;
  node.op = op;
  node.layer = layer_;
  node.inputs = std::move(inputs);
  node.attributes = std::move(attributes);
  node.phase = phase_;
  const int count = static_cast<int>(node.inputs.size());
  if (count < def.min_inputs || count > def.max_inputs) {
    throw InternalError(op + " takes " + std::to_string(def.min_inputs) + " to " + std::to_string(def.max_inputs) +
                        " inputs, not " + std::to_string(count));
  }
  for (int i = 0; i < def.min_inputs; ++i) {
    if (node.inputs[static_cast<std::size_t>(i)] == kNoValue) {
      throw InternalError(op + " must have input " + std::to_string(i));
    }
  }
  const auto types = def.infer(InferContext{graph_, node});
  return graph_.add_node(std::move(node), types);
}

ValueId Builder::node(const std::string& op, std::vector<ValueId> inputs, Attributes attributes) {
  const auto outputs = nodes(op, std::move(inputs), std::move(attributes));
  if (outputs.empty()) throw InternalError(op + " has no output");
  return outputs.front();
}

void Builder::enter(const std::string& layer, Phase phase) {
  layer_ = layer;
  phase_ = phase;
}

}  // namespace thaw
