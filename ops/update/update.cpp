// Optimizers. Sources: Keras SGD, RMSprop, Adam (equations in schemas/experiment.proto).
#include "ops/update/update.h"

#include "ops/definitions.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

std::vector<TensorType> infer_update(const InferContext& context) {
  const UpdateInputs inputs = UpdateInputs::of(context.node);
  const Graph& graph = context.graph;
  const auto check = [&](ValueId other, ValueId weight) {
    if (graph.value(other).type != graph.value(weight).type) {
      throw InternalError(context.node.op + ": " + graph.value(other).name + " does not fit " +
                          graph.value(weight).name);
    }
  };
  for (std::size_t i = 0; i < inputs.weights.size(); ++i) {
    check(inputs.gradients[i], inputs.weights[i]);
    for (const auto& slot : inputs.slots) check(slot[i], inputs.weights[i]);
  }
  return {{DType::kFloat32, {}}};
}

/// By weight: two for the gradients' norm, then the rule's own; a root or a division counts as one.
std::int64_t update_flops(const InferContext& context) {
  const Attributes& attributes = context.node.attributes;
  const std::int64_t descent = attributes.real("momentum") > 0 ? 4 : 2;
  const std::int64_t each = context.node.op == "Adam" ? 13 : context.node.op == "RmsProp" ? 8 + descent : 2 + descent;
  std::int64_t weights = 0;
  for (const ValueId weight : UpdateInputs::of(context.node).weights) {
    weights += element_count(context.graph.value(weight).type.shape);
  }
  return each * weights;
}

}  // namespace

std::vector<std::string> slot_names(const std::string& op, const Attributes& attributes) {
  const bool has_momentum = attributes.real("momentum") > 0;
  std::vector<std::string> names;
  if (op == "Adam") return {"m", "v"};
  if (op == "RmsProp") names.push_back("mean_square");
  if (has_momentum) names.push_back("velocity");
  return names;
}

UpdateInputs UpdateInputs::of(const Node& node) {
  const auto count = static_cast<std::size_t>(node.attributes.integer("count"));
  const std::size_t slot_count = slot_names(node.op, node.attributes).size();
  if (node.inputs.size() != 3 + count * (2 + slot_count)) throw InternalError(node.op + ": wrong number of inputs");
  UpdateInputs inputs{node.inputs[0], node.inputs[1], node.inputs[2], {}, {}, {}};
  auto next = node.inputs.begin() + 3;
  const auto take = [&] {
    std::vector<ValueId> group(next, next + static_cast<std::ptrdiff_t>(count));
    next += static_cast<std::ptrdiff_t>(count);
    return group;
  };
  inputs.weights = take();
  inputs.gradients = take();
  for (std::size_t slot = 0; slot < slot_count; ++slot) inputs.slots.push_back(take());
  return inputs;
}

void define_update(OpRegistry& registry) {
  constexpr int kAny = 1 << 30;
  for (const char* name : {"Sgd", "RmsProp", "Adam"}) {
    registry.add({.name = name,
                  .min_inputs = 3,
                  .max_inputs = kAny,
                  .infer = infer_update,
                  .has_side_effect = true,
                  .flops = update_flops});
  }
}

}  // namespace thaw
