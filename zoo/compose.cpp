#include "zoo/compose.h"

#include "schemas/diagnostic.h"
#include "schemas/layer_names.h"
#include "zoo/layer_rows.h"
#include "zoo/layers.h"
#include "zoo/onnx_layer.h"
#include "zoo/zoo_layer.h"

namespace thaw {
namespace {

/// What a network found in its file or its place: its field paths begin at the layer's kind.
void add_finding(const std::string& field, const Layer& layer, const Diagnostic& found, Findings& findings) {
  const bool is_wiring = found.field_path == "input" && layer.from_size() > 0;
  const std::string kind = "." + layer_kind(layer);
  const std::string place = is_wiring ? ".from[0]" : found.field_path == "input" ? kind : kind + "." + found.field_path;
  findings.add(field + place, found.message, found.expectation, found.nearest, {found.nearest});
}

/// What feeds a layer.
struct Feeding {
  const std::vector<std::string>& sources;
  const std::vector<ValueId>& inputs;
};

ValueId add_layer(const ComposeContext& context, const Layer& layer, const std::string& name, const Feeding& feeding) {
  if (layer.has_onnx()) return add_onnx_layer(context, {layer.onnx(), name, feeding.sources[0], feeding.inputs[0]});
  if (layer.has_zoo()) return add_zoo_layer(context, {layer.zoo(), name, feeding.sources[0], feeding.inputs[0]});
  return LayerBuilder(context, name).build(layer, feeding.inputs);
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
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
    const std::vector<std::string> sources = layer.from_size() > 0
                                                 ? std::vector<std::string>(layer.from().begin(), layer.from().end())
                                                 : std::vector<std::string>{previous};
    std::vector<ValueId> inputs;
    for (const std::string& source : sources) inputs.push_back(composed.outputs.at(source));
    const std::size_t first_node = builder.graph().nodes().size();
    try {
      composed.outputs[name] = add_layer(context, layer, name, {sources, inputs});
    } catch (const GraphError& error) {
      findings.add(field + field_of_attribute(layer, error.attribute()), "layer \"" + name + "\": " + error.message());
      return composed;
    } catch (const InputError& error) {
      for (const Diagnostic& found : error.findings()) add_finding(field, layer, found, findings);
      return composed;
    }
    LayerInfo& info = composed.layers.back();
    info.name = name;
    info.from = joined(sources);
    info.output_shape = sample_shape(context, composed.outputs[name]);
    info.flops = flops_since(context, first_node);
    previous = name;
  }
  return composed;
}

}  // namespace thaw
