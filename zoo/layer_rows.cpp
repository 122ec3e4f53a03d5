#include "zoo/layer_rows.h"

namespace thaw {

std::int64_t flops_since(const ComposeContext& context, std::size_t first_node) {
  const Graph& graph = context.builder.graph();
  std::int64_t total = 0;
  for (std::size_t i = first_node; i < graph.nodes().size(); ++i) {
    const OpDef& def = context.builder.registry().get(graph.nodes()[i].op);
    if (def.flops) total += def.flops(InferContext{graph, graph.nodes()[i]});
  }
  return total / context.options.batch;
}

Shape sample_shape(const ComposeContext& context, ValueId value) {
  const Shape& shape = context.shape(value);
  return shape.empty() ? shape : Shape(shape.begin() + 1, shape.end());
}

}  // namespace thaw
