#include "zoo/compose.h"

#include "schemas/layer_names.h"
#include "zoo/layers.h"

namespace thaw {
namespace {

/// Forward multiply-adds of the nodes a layer appended, for one sample.
std::int64_t flops_since(const Builder& builder, const Graph& graph, std::size_t first_node, std::int64_t batch) {
  std::int64_t total = 0;
  for (std::size_t i = first_node; i < graph.nodes().size(); ++i) {
    const OpDef& def = builder.registry().get(graph.nodes()[i].op);
    if (def.flops) total += def.flops(InferContext{graph, graph.nodes()[i]});
  }
  return total / batch;
}

}  // namespace

ComposedModel compose(const Model& model, std::int64_t batch, Builder& builder, Findings& findings) {
  ComposedModel composed;
  const Input& input = model.input();
  composed.input =
      builder.input(input.name(), {DType::kFloat32, {batch, input.channels(), input.height(), input.width()}});
  composed.outputs[input.name()] = composed.input;

  const std::vector<std::string> names = layer_names(model);
  LayerBuilder layers(builder, composed);
  std::string previous = input.name();
  for (int i = 0; i < model.layer_size(); ++i) {
    const Layer& layer = model.layer(i);
    const std::string& name = names[static_cast<std::size_t>(i)];
    const std::string field = "model.layer[" + std::to_string(i) + "]";
    const std::string from = layer.from_size() > 0 ? layer.from(0) : previous;
    if (layer.from_size() > 1) {
      findings.add(field + ".from[1]", "layer \"" + name + "\" takes one input");
      return composed;
    }
    try {
      const std::size_t first_node = builder.graph().nodes().size();
      composed.outputs[name] = layers.build(layer, name, composed.outputs.at(from));
      composed.layers.back().from = from;
      composed.layers.back().flops = flops_since(builder, builder.graph(), first_node, batch);
    } catch (const GraphError& error) {
      findings.add(field + field_of_attribute(layer, error.attribute()), "layer \"" + name + "\": " + error.message());
      return composed;
    }
    previous = name;
  }
  return composed;
}

}  // namespace thaw
