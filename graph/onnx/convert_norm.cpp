// Normalizations of ONNX.
#include "graph/onnx/node.h"

namespace thaw::onnx_io {
namespace {

/// running * momentum + batch * (1 - momentum): what ONNX's training mode gives beside its result.
ValueId running_average(OnnxNode& node, ValueId running, ValueId batch, double momentum) {
  const ValueId kept = node.add("Mul", {running, node.constant(momentum)});
  return node.add("Add", {kept, node.add("Mul", {batch, node.constant(1 - momentum)})});
}

void convert_batch_norm(OnnxNode& node) {
  const double epsilon = node.real("epsilon", 1e-5), momentum = node.real("momentum", 0.9);
  const bool is_training = node.opset() >= 14 && node.integer("training_mode", 0) != 0;
  node.ignore({"is_test", "consumed_inputs"});  // before opset 7: told training apart
  if (node.opset() < 9 && node.integer("spatial", 1) == 0)
    throw Unsupported("normalizes each pixel apart (spatial = 0)");
  if (is_training && !node.is_for_training()) {
    const auto outputs = node.builder().nodes("BatchNormalizationTraining",
                                              {node.value(0), node.value(1), node.value(2)}, {{"epsilon", epsilon}});
    node.give(0, outputs[0]);
    for (int k = 1; k < 3; ++k) {
      if (node.wants_output(k)) {
        node.give(k, running_average(node, node.value(k + 2), outputs[static_cast<std::size_t>(k)], momentum));
      }
    }
    return;
  }
  for (int k = 1; k < node.output_count(); ++k) {
    if (!node.wants_output(k)) continue;
    if (!is_training || k > 2) throw Unsupported("gives statistics without training_mode");
    node.give(k, node.add("Identity", {node.value(k + 2)}));
  }
  Attributes attributes{{"epsilon", epsilon}};
  if (node.is_for_training()) attributes.set("momentum", momentum);
  node.give(0, node.add("BatchNormalization",
                        {node.value(0), node.value(1), node.value(2), node.value(3), node.value(4)}, attributes));
}

void convert_layer_norm(OnnxNode& node) {
  node.ignore({"stash_type"});
  std::vector<ValueId> inputs{node.value(0), node.value(1)};
  if (node.has_input(2)) inputs.push_back(node.value(2));
  const auto outputs = node.builder().nodes(
      "LayerNormalization", inputs,
      {{"axis", node.axis(node.integer("axis", -1), node.rank(0))}, {"epsilon", node.real("epsilon", 1e-5)}});
  for (std::size_t k = 0; k < outputs.size(); ++k) node.give(static_cast<int>(k), outputs[k]);
}

void convert_instance_norm(OnnxNode& node) {
  node.give(0, node.add("InstanceNormalization", {node.value(0), node.value(1), node.value(2)},
                        {{"epsilon", node.real("epsilon", 1e-5)}}));
}

/// Opset 18 has a scale and a bias a group, later ones one a channel, as thaw does.
ValueId per_channel(OnnxNode& node, int i, std::int64_t channels) {
  if (node.opset() >= 21) return node.value(i);
  const std::int64_t groups = element_count(node.shape(i));
  if (groups < 1 || channels % groups != 0) throw Unsupported("channels do not make groups");
  if (node.is_learned(i)) {
    const ValueId column = node.reshape(node.value(i), {groups, 1});
    return node.reshape(node.add("Expand", {column}, {{"shape", Shape{groups, channels / groups}}}), {channels});
  }
  Literal spread = node.literal(i, "scale or bias");
  std::vector<double> values;
  for (std::int64_t c = 0; c < channels; ++c)
    values.push_back(spread.values[static_cast<std::size_t>(c / (channels / groups))]);
  spread.values = std::move(values);
  spread.shape = {channels};
  return node.parameter(spread, node.input_name(i) + "/per_channel");
}

void convert_group_norm(OnnxNode& node) {
  node.ignore({"stash_type"});
  if (node.rank(0) < 2) throw Unsupported("needs a batch and channels");
  const std::int64_t channels = node.shape(0)[1];
  node.give(
      0, node.add("GroupNormalization", {node.value(0), per_channel(node, 1, channels), per_channel(node, 2, channels)},
                  {{"num_groups", node.integer("num_groups", 1)}, {"epsilon", node.real("epsilon", 1e-5)}}));
}

void convert_lrn(OnnxNode& node) {
  node.give(0, node.add("LRN", {node.value(0)},
                        {{"size", node.integer("size", 1)},
                         {"alpha", node.real("alpha", 1e-4)},
                         {"beta", node.real("beta", 0.75)},
                         {"bias", node.real("bias", 1)}}));
}

}  // namespace

void add_norm_converters(Converters& converters) {
  converters["BatchNormalization"] = convert_batch_norm;
  converters["LayerNormalization"] = convert_layer_norm;
  converters["InstanceNormalization"] = convert_instance_norm;
  converters["GroupNormalization"] = convert_group_norm;
  converters["LRN"] = convert_lrn;
}

}  // namespace thaw::onnx_io
