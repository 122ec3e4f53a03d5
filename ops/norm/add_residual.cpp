// The sum that ends a residual block, within the batch normalization before it: one pass over memory instead of two, or
// three with its activation.
#include "ops/norm/norm.h"

namespace thaw {
namespace {

/// The index of the normalization that computes `value` for this reader alone; -1 if there is none to take a sum in.
int bare_normalization(const Graph& graph, ValueId value) {
  const int producer = graph.value(value).producer;
  if (producer < 0 || graph.use_count(value) != 1) return -1;
  const Node& node = graph.nodes()[static_cast<std::size_t>(producer)];
  const bool is_bare = node.inputs.size() == 3 && node.attributes.text("activation").empty();
  return node.op == "BatchNormalizationTraining" && node.outputs[0] == value && is_bare ? producer : -1;
}

}  // namespace

bool add_residual_to_batch_norm(Graph& graph, int node_index) {
  const Node sum = graph.nodes()[static_cast<std::size_t>(node_index)];
  if (sum.op != "Add" || sum.inputs[0] == sum.inputs[1]) return false;
  if (graph.value(sum.inputs[0]).type != graph.value(sum.inputs[1]).type) return false;
  const int first = bare_normalization(graph, sum.inputs[0]), second = bare_normalization(graph, sum.inputs[1]);
  const int norm = std::max(first, second);  // of two the later one: what is added to it is there already
  const ValueId other = sum.inputs[norm == first ? 1 : 0];
  // It stays where it is, because its statistics may be read before the sum is due.
  if (norm < 0 || graph.value(other).producer >= norm) return false;
  Node& fused = graph.nodes()[static_cast<std::size_t>(norm)];
  fused.inputs.push_back(other);
  if (sum.attributes.has("activation")) fused.attributes.set("activation", sum.attributes.text("activation"));
  graph.replace_uses(sum.outputs[0], fused.outputs[0]);
  return true;
}

}  // namespace thaw
