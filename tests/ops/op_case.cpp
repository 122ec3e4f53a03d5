#include "tests/ops/op_case.h"

#include <algorithm>
#include <set>

#include "graph/passes/differentiate.h"
#include "ops/catalogue.h"
#include "tests/reference/random.h"

namespace thaw {
namespace {

using reference::random_labels;
using reference::random_values;

std::vector<double> fill(const Port& port, const OpCase& op_case, std::uint64_t seed) {
  const std::int64_t count = element_count(port.shape);
  switch (port.fill) {
    case Fill::kUniform:
      return random_values(count, seed);
    case Fill::kUnit:
      return random_values(count, seed, 0, 1);
    case Fill::kLarge:
      return random_values(count, seed, -8, 8);
    case Fill::kPositive:
      return random_values(count, seed, 0.5, 2);
    case Fill::kIndices:
    case Fill::kFew:
      return random_labels(count, seed, port.limit);
    case Fill::kLabels:
      return random_labels(count, seed, op_case.ports.front().shape.at(1));
    case Fill::kAwayFromZero: {
      std::vector<double> values = random_values(count, seed, 0.1, 1);
      const std::vector<double> signs = random_values(count, seed + 1);
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = signs[i] < 0 ? -values[i] : values[i];
      return values;
    }
    case Fill::kDistinct: {
      std::vector<double> values(static_cast<std::size_t>(count));
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(0.01 * static_cast<double>(i) - 1);
      std::shuffle(values.begin(), values.end(), std::mt19937_64(seed));
      return values;
    }
  }
  return {};
}

/// A scalar that depends on every element of `value`, by operators that the case's own test does not judge.
ValueId reduce_to_loss(Builder& builder, ValueId value, const std::string& name, reference::Feeds& feeds) {
  const auto type_of = [&](ValueId id) { return builder.graph().value(id).type; };
  if (type_of(value).shape.empty()) return value;
  if (type_of(value).shape.size() > 2) value = builder.node("Flatten", {value});
  if (type_of(value).shape.size() == 2) {
    const ValueId target = builder.input(name + "/target", type_of(value));
    feeds[target] = random_values(element_count(type_of(value).shape), 71);
    value = builder.node("MeanSquaredErrorLoss", {value, target});
  }
  const ValueId weights = builder.input(name + "/weights", type_of(value));
  feeds[weights] = random_values(element_count(type_of(value).shape), 72, 0.5, 1);
  return builder.node("WeightedMean", {value, weights}, {{"scale", 1.5}});
}

/// Ones where both channels are the same: a convolution that changes nothing but the layout.
std::vector<double> identity_kernel(std::int64_t channels) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < channels * channels; ++i) values.push_back(i / channels == i % channels ? 1 : 0);
  return values;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const OpCase& op_case) {
  out << op_case.op << ", case " << op_case.name << ":";
  for (const Port& port : op_case.ports) out << ' ' << to_text(port.shape);
  return out << "  " << to_text(op_case.attributes);
}

BuiltCase build_case(const OpCase& op_case, int only_port, const std::vector<bool>& behind_convolution) {
  BuiltCase built;
  Builder builder(built.graph, operators());
  builder.enter("case");
  for (std::size_t i = 0; i < op_case.ports.size(); ++i) {
    const Port& port = op_case.ports[i];
    const std::string name = "input_" + std::to_string(i);
    const bool is_trainable = only_port < 0 || only_port == static_cast<int>(i);
    if (port.is_left_out) {
      built.ports.push_back(kNoValue);
      continue;
    }
    const bool is_integer = port.fill == Fill::kLabels || port.fill == Fill::kIndices;
    const DType dtype = is_integer ? DType::kInt32 : DType::kFloat32;
    const ValueId id = port.is_differentiated ? builder.parameter(name, port.shape, is_trainable)
                                              : builder.input(name, {dtype, port.shape});
    built.ports.push_back(id);
    built.feeds[id] = fill(port, op_case, 100 + 10 * i);
  }
  std::vector<ValueId> inputs = built.ports;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (i >= behind_convolution.size() || !behind_convolution[i]) continue;
    const std::int64_t channels = op_case.ports[i].shape.at(1);
    const ValueId kernel = builder.parameter("kernel_" + std::to_string(i), {channels, channels, 1, 1}, false);
    built.feeds[kernel] = identity_kernel(channels);
    inputs[i] = builder.node("Conv", {inputs[i], kernel}, {{"kernel_shape", Shape{1, 1}}});
  }
  built.outputs = builder.nodes(op_case.op, inputs, op_case.attributes);
  builder.enter("loss");
  for (const std::size_t k : op_case.loss_outputs) {
    const ValueId part = reduce_to_loss(builder, built.outputs.at(k), "loss" + std::to_string(k), built.feeds);
    built.loss = built.loss == kNoValue ? part : builder.node("Add", {built.loss, part});
  }
  built.forward = built.graph;
  for (const ValueId output : built.outputs) built.graph.mark_output(output);
  if (built.loss == kNoValue) return built;
  built.gradients = differentiate(builder, built.loss);
  built.graph.mark_output(built.loss);
  for (const auto& [parameter, gradient] : built.gradients) built.graph.mark_output(gradient);
  return built;
}

bool is_weighted(const OpCase& op_case) {
  static const std::set<std::string> kWeighted{"BatchNormalization",
                                               "BatchNormalizationTraining",
                                               "Conv",
                                               "ConvTranspose",
                                               "Gemm",
                                               "LayerNormalization",
                                               "PRelu"};
  return kWeighted.count(op_case.op) > 0;
}

BuiltCase case_for_kernels(const OpCase& op_case, const std::vector<bool>& behind_convolution) {
  BuiltCase built = build_case(op_case, -1, behind_convolution);
  const bool has_weights = is_weighted(op_case);
  for (std::size_t i = 0; i < built.ports.size(); ++i) {
    if (built.ports[i] != kNoValue && (!has_weights || i == 0))
      built.graph.value(built.ports[i]).kind = ValueKind::kInput;
  }
  return built;
}

}  // namespace thaw
