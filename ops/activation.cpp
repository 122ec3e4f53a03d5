#include "ops/activation.h"

#include <limits>

#include "graph/builder.h"

namespace thaw {
namespace {

constexpr double kNoBound = std::numeric_limits<float>::max();  // infinity is not for oneDNN's clip

bool is_fit_for_training(const Node& node) {
  const Attributes& a = node.attributes;
  if (node.op == "LeakyRelu") return a.real("alpha", 0.01) > 0;
  if (node.op == "Clip") return a.real("min", -kNoBound) <= 0 && a.real("max", kNoBound) >= 0;
  return node.op == "Relu" || node.op == "Tanh" || node.op == "Elu";
}

/// Moves the activation at `node_index`, which is fit, into the `op` node that feeds it.
bool fuse_into(Graph& graph, int node_index, const std::string& op) {
  const Node activation = graph.nodes()[static_cast<std::size_t>(node_index)];
  const ValueId sum = activation.inputs[0];
  const int producer = graph.value(sum).producer;
  if (producer < 0 || graph.use_count(sum) != 1) return false;
  Node& feeding = graph.nodes()[static_cast<std::size_t>(producer)];
  if (feeding.op != op || !feeding.attributes.text("activation").empty()) return false;
  const Attributes& a = activation.attributes;
  feeding.attributes.set("activation", activation.op);
  if (activation.op == "LeakyRelu") feeding.attributes.set("activation_alpha", a.real("alpha", 0.01));
  if (activation.op == "Elu") feeding.attributes.set("activation_alpha", a.real("alpha", 1));
  if (activation.op == "Clip") {
    feeding.attributes.set("activation_alpha", a.real("min", -kNoBound));
    feeding.attributes.set("activation_beta", a.real("max", kNoBound));
  }
  graph.replace_uses(activation.outputs[0], sum);
  return true;
}

}  // namespace

FusedActivation FusedActivation::of(const Attributes& attributes) {
  return {attributes.text("activation"), static_cast<float>(attributes.real("activation_alpha")),
          static_cast<float>(attributes.real("activation_beta"))};
}

Attributes FusedActivation::attributes() const {
  if (name == "LeakyRelu" || name == "Elu") return {{"alpha", static_cast<double>(alpha)}};
  if (name == "Clip") return {{"min", static_cast<double>(alpha)}, {"max", static_cast<double>(beta)}};
  return {};
}

bool fuse_activation(Graph& graph, int node_index, const std::string& op) {
  return is_fit_for_training(graph.nodes()[static_cast<std::size_t>(node_index)]) && fuse_into(graph, node_index, op);
}

bool fuse_activation_for_inference(Graph& graph, int node_index, const std::string& op) {
  const std::string& activation = graph.nodes()[static_cast<std::size_t>(node_index)].op;
  return (activation == "Swish" || activation == "HardSwish") && fuse_into(graph, node_index, op);
}

ValueId gradient_before_activation(const GradientContext& context) {
  const FusedActivation activation = FusedActivation::of(context.node.attributes);
  if (activation.name.empty()) return context.grad();
  return context.builder.node(activation.name + "Grad", {context.grad(), context.output()}, activation.attributes());
}

}  // namespace thaw
