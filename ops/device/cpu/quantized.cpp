#include "ops/device/cpu/quantized.h"

#include <algorithm>

namespace thaw::cpu {
namespace {

constexpr float kLargestUnsigned = 255, kLargestSigned = 127;
// Two products of 255 and this fit in 16 bits.
constexpr float kLargestInexact = 63;

bool takes_integers(const BindContext& context, const Node& reader, std::size_t input) {
  const std::string& op = reader.op;
  if (op == "Conv") return (input == 0 || input == 3) && is_quantized_product(context, reader);
  if (op == "Gemm") return input == 0 && is_quantized_product(context, reader);
  if (op == "Concat") return context.quantization(reader.outputs[0]) != nullptr;
  return op == "GlobalAveragePool" || op == "GlobalMaxPool" || (op == "MaxPool" && reader.outputs.size() == 1);
}

}  // namespace

Integers integers_of(const Quantization& quantization) {
  using Type = dnnl::memory::data_type;
  const float limit = quantization.limits.at(0);
  if (quantization.is_signed) return {Type::s8, limit / kLargestSigned};
  return {Type::u8, limit / kLargestUnsigned};
}

std::vector<float> filter_steps(const Quantization& quantization, bool is_exact) {
  std::vector<float> steps = quantization.limits;
  for (float& step : steps) step /= is_exact ? kLargestSigned : kLargestInexact;
  return steps;
}

bool is_quantized_product(const BindContext& context, const Node& node) {
  return context.quantization(node.inputs.at(0)) && context.quantization(node.inputs.at(1));
}

std::optional<Integers> integers_to_give(const BindContext& context) {
  const ValueId value = context.node().outputs.at(0);
  const Quantization* quantization = context.quantization(value);
  const auto& outputs = context.graph().outputs();
  if (!quantization || std::find(outputs.begin(), outputs.end(), value) != outputs.end()) return std::nullopt;
  for (const Node& node : context.graph().nodes()) {
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (node.inputs[i] == value && !takes_integers(context, node, i)) return std::nullopt;
    }
  }
  return integers_of(*quantization);
}

}  // namespace thaw::cpu
