// The sum that ends a residual block becomes part of the convolution that feeds it: Add(Conv(X, W, B), R) with its
// activation is Conv(X, W, B, R), which adds what it computes to R where R lies.
#include "ops/conv/conv.h"
#include "ops/residual.h"

namespace thaw {

bool fuse_residual(Graph& graph, int node_index) {
  const auto residual = find_residual_sum(graph, node_index, "Conv");
  if (!residual) return false;
  const Node sum = graph.nodes()[static_cast<std::size_t>(node_index)];
  Node fused = graph.nodes()[static_cast<std::size_t>(residual->producer)];
  fused.inputs.resize(3, kNoValue);
  fused.inputs.push_back(residual->added);
  for (const char* name : {"activation", "activation_alpha", "activation_beta"}) {
    if (sum.attributes.has(name)) fused.attributes.set(name, sum.attributes.items().at(name));
  }
  fused.outputs = sum.outputs;  // in the sum's place: the other summand may be computed after the convolution was
  graph.nodes()[static_cast<std::size_t>(node_index)] = std::move(fused);
  return true;
}

}  // namespace thaw
