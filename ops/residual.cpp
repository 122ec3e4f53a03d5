#include "ops/residual.h"

#include <algorithm>

namespace thaw {
namespace {

/// The node that computes `value`, if it is an `op` that this sum alone reads and that can take it in; else -1.
int bare_producer(const Graph& graph, ValueId value, const std::string& op) {
  const int producer = graph.value(value).producer;
  if (producer < 0 || graph.use_count(value) != 1) return -1;
  const Node& node = graph.nodes()[static_cast<std::size_t>(producer)];
  const bool is_bare = node.attributes.text("activation").empty() && node.inputs.size() <= 3;
  return node.op == op && node.outputs[0] == value && is_bare ? producer : -1;
}

}  // namespace

std::optional<ResidualSum> find_residual_sum(const Graph& graph, int node_index, const std::string& op) {
  const Node& sum = graph.nodes()[static_cast<std::size_t>(node_index)];
  if (sum.op != "Add" || sum.inputs[0] == sum.inputs[1]) return std::nullopt;
  if (graph.value(sum.inputs[0]).type != graph.value(sum.inputs[1]).type) return std::nullopt;
  const int first = bare_producer(graph, sum.inputs[0], op), second = bare_producer(graph, sum.inputs[1], op);
  const int producer = std::max(first, second);
  if (producer < 0) return std::nullopt;
  return ResidualSum{producer, sum.inputs[producer == first ? 1 : 0]};
}

}  // namespace thaw
