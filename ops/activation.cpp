#include "ops/activation.h"

#include "graph/builder.h"

namespace thaw {

bool fuse_activation(Graph& graph, int node_index, const std::string& op) {
  const Node& activation = graph.nodes()[static_cast<std::size_t>(node_index)];
  if (activation.op != "Relu" && activation.op != "Tanh") return false;
  const ValueId sum = activation.inputs[0];
  const int producer = graph.value(sum).producer;
  if (producer < 0 || graph.use_count(sum) != 1) return false;
  Node& feeding = graph.nodes()[static_cast<std::size_t>(producer)];
  if (feeding.op != op || !feeding.attributes.text("activation").empty()) return false;
  feeding.attributes.set("activation", activation.op);
  graph.replace_uses(activation.outputs[0], sum);
  return true;
}

ValueId gradient_before_activation(const GradientContext& context) {
  const std::string activation = context.node.attributes.text("activation");
  if (activation.empty()) return context.grad();
  return context.builder.node(activation + "Grad", {context.grad(), context.output()});
}

}  // namespace thaw
