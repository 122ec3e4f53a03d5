#include "graph/passes/rewrite.h"

#include <algorithm>

namespace thaw {

int remove_dead(Graph& graph, const OpRegistry& registry) {
  std::vector<bool> is_needed(graph.values().size(), false);
  for (const ValueId output : graph.outputs()) is_needed[static_cast<std::size_t>(output)] = true;
  std::vector<bool> is_dead(graph.nodes().size(), false);
  for (std::size_t i = graph.nodes().size(); i-- > 0;) {
    const Node& node = graph.nodes()[i];
    is_dead[i] = !registry.get(node.op).has_side_effect &&
                 std::none_of(node.outputs.begin(), node.outputs.end(),
                              [&](ValueId output) { return is_needed[static_cast<std::size_t>(output)]; });
    if (is_dead[i]) continue;
    for (const ValueId input : node.inputs) {
      if (input != kNoValue) is_needed[static_cast<std::size_t>(input)] = true;
    }
  }
  const auto count = std::count(is_dead.begin(), is_dead.end(), true);
  graph.erase_nodes(is_dead);
  return static_cast<int>(count);
}

namespace {

int apply_until_none_fits(const std::vector<FusionRule>& rules, Graph& graph, const OpRegistry& registry) {
  int rewrites = 0;
  for (bool changed = true; changed;) {
    changed = false;
    for (const FusionRule& rule : rules) {
      for (int i = 0; i < static_cast<int>(graph.nodes().size()); ++i) {
        if (!rule.apply(graph, i)) continue;
        // A rule that matched leaves its old nodes without readers; they must not match again.
        remove_dead(graph, registry);
        changed = true;
        ++rewrites;
        i = -1;
      }
    }
  }
  return rewrites;
}

}  // namespace

int fuse(Graph& graph, const OpRegistry& registry) {
  return apply_until_none_fits(registry.fusions(), graph, registry);
}

int fuse_for_inference(Graph& graph, const OpRegistry& registry) {
  std::vector<FusionRule> rules = registry.fusions();
  rules.insert(rules.end(), registry.inference_fusions().begin(), registry.inference_fusions().end());
  return apply_until_none_fits(rules, graph, registry);
}

}  // namespace thaw
