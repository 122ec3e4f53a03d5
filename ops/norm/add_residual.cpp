// The sum that ends a residual block, within the batch normalization before it: one pass over memory instead of two, or
// three with its activation.
#include "ops/norm/norm.h"
#include "ops/residual.h"

namespace thaw {

bool add_residual_to_batch_norm(Graph& graph, int node_index) {
  const auto residual = find_residual_sum(graph, node_index, "BatchNormalizationTraining");
  // It stays where it is, because its statistics may be read before the sum is due.
  if (!residual || graph.value(residual->added).producer >= residual->producer) return false;
  const Node sum = graph.nodes()[static_cast<std::size_t>(node_index)];
  Node& fused = graph.nodes()[static_cast<std::size_t>(residual->producer)];
  fused.inputs.push_back(residual->added);
  if (sum.attributes.has("activation")) fused.attributes.set("activation", sum.attributes.text("activation"));
  graph.replace_uses(sum.outputs[0], fused.outputs[0]);
  return true;
}

}  // namespace thaw
