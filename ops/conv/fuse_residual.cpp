// The sum that ends a residual block becomes part of the convolution that feeds it: Add(Conv(X, W, B), R) with its
// activation is Conv(X, W, B, R), which adds what it computes to R where R lies.
#include "ops/conv/conv.h"

namespace thaw {
namespace {

/// The node that computes `value`, if it is a convolution that this sum alone reads and that can take it in; else -1.
int fusable_conv(const Graph& graph, ValueId value) {
  const int producer = graph.value(value).producer;
  if (producer < 0 || graph.use_count(value) != 1) return -1;
  const Node& node = graph.nodes()[static_cast<std::size_t>(producer)];
  const bool is_bare = node.attributes.text("activation").empty() && node.inputs.size() <= 3;
  return node.op == "Conv" && is_bare ? producer : -1;
}

}  // namespace

bool fuse_residual(Graph& graph, int node_index) {
  const Node sum = graph.nodes()[static_cast<std::size_t>(node_index)];
  if (sum.op != "Add" || sum.inputs[0] == sum.inputs[1]) return false;
  if (graph.value(sum.inputs[0]).type != graph.value(sum.inputs[1]).type) return false;
  const int first = fusable_conv(graph, sum.inputs[0]), second = fusable_conv(graph, sum.inputs[1]);
  const int conv = std::max(first, second);  // of two the later one: what it is added to is there already
  if (conv < 0) return false;
  Node fused = graph.nodes()[static_cast<std::size_t>(conv)];
  fused.inputs.resize(3, kNoValue);
  fused.inputs.push_back(sum.inputs[conv == first ? 1 : 0]);
  for (const char* name : {"activation", "activation_alpha", "activation_beta"}) {
    if (sum.attributes.has(name)) fused.attributes.set(name, sum.attributes.items().at(name));
  }
  fused.outputs = sum.outputs;  // in the sum's place: the other summand may be computed after the convolution was
  graph.nodes()[static_cast<std::size_t>(node_index)] = std::move(fused);
  return true;
}

}  // namespace thaw
