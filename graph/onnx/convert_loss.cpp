// Losses of ONNX: thaw's give one value an element; ONNX's reductions are built around them.
#include "graph/onnx/node.h"

namespace thaw::onnx_io {
namespace {

void convert_class_loss(OnnxNode& node) {
  const std::string reduction = node.text("reduction", "mean");
  Attributes attributes;
  if (node.has("ignore_index")) attributes.set("ignore_index", node.integer("ignore_index", 0));
  const ValueId labels = node.indices(1), weights = node.optional_value(2);
  std::vector<ValueId> inputs{node.value(0), labels};
  if (weights != kNoValue) inputs.push_back(weights);
  const auto outputs = node.builder().nodes(node.op(), inputs, attributes);
  const ValueId losses = outputs[0];
  const Attributes to_scalar{{"keepdims", std::int64_t{0}}};
  if (reduction == "none") {
    node.give(0, losses);
  } else if (reduction == "sum") {
    node.give(0, node.add("ReduceSum", {losses}, to_scalar));
  } else if (reduction == "mean") {
    // The mean weighs each element as its class does; what is ignored does not count.
    std::vector<ValueId> weight_inputs{labels};
    if (weights != kNoValue) weight_inputs.push_back(weights);
    const ValueId element_weights = node.add("ClassWeightOf", weight_inputs, attributes);
    node.give(0, node.add("Div", {node.add("ReduceSum", {losses}, to_scalar),
                                  node.add("ReduceSum", {element_weights}, to_scalar)}));
  } else {
    throw Unsupported("reduction \"" + reduction + "\" is none of none, mean, sum");
  }
  if (outputs.size() > 1) node.give(1, outputs[1]);
}

}  // namespace

void add_loss_converters(Converters& converters) {
  converters["SoftmaxCrossEntropyLoss"] = converters["NegativeLogLikelihoodLoss"] = convert_class_loss;
}

}  // namespace thaw::onnx_io
