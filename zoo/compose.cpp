#include "zoo/compose.h"

#include "schemas/diagnostic.h"
#include "schemas/layer_names.h"
#include "zoo/layers.h"
#include "zoo/onnx_layer.h"

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

/// What a layer found in its file: its field paths begin at the layer's kind.
void add_finding(const std::string& field, const Layer& layer, const Diagnostic& found, Findings& findings) {
  const bool is_wiring = found.field_path == "input" && layer.from_size() > 0;
  const std::string place = is_wiring                     ? ".from[0]"
                            : found.field_path == "input" ? ".onnx"
                                                          : ".onnx." + found.field_path;
  findings.add(field + place, found.message, found.expectation, found.nearest, {found.nearest});
}

}  // namespace

ComposedModel compose(const Model& model, const ComposeOptions& options, Builder& builder, Findings& findings) {
  ComposedModel composed;
  const Input& input = model.input();
  composed.input =
      builder.input(input.name(), {DType::kFloat32, {options.batch, input.channels(), input.height(), input.width()}});
  composed.outputs[input.name()] = composed.input;

  const std::vector<std::string> names = layer_names(model);
  const ComposeContext context{options, builder, composed};
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
    const std::size_t first_node = builder.graph().nodes().size();
    const ValueId x = composed.outputs.at(from);
    try {
      composed.outputs[name] = layer.has_onnx() ? add_onnx_layer(context, {layer.onnx(), name, from, x})
                                                : LayerBuilder(context, name).build(layer, x);
    } catch (const GraphError& error) {
      findings.add(field + field_of_attribute(layer, error.attribute()), "layer \"" + name + "\": " + error.message());
      return composed;
    } catch (const InputError& error) {
      for (const Diagnostic& found : error.findings()) add_finding(field, layer, found, findings);
      return composed;
    }
    LayerInfo& info = composed.layers.back();
    const Shape& y = builder.graph().value(composed.outputs[name]).type.shape;
    info.name = name;
    info.from = from;
    info.output_shape = Shape(y.begin() + 1, y.end());
    info.flops = flops_since(builder, builder.graph(), first_node, options.batch);
    previous = name;
  }
  return composed;
}

}  // namespace thaw
