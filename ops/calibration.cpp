#include "ops/calibration.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace thaw {
namespace {

/// Gives numbers of its inputs, no others.
bool only_moves(const Node& node) {
  return node.op == "Concat" || node.op == "GlobalMaxPool" || (node.op == "MaxPool" && node.outputs.size() == 1);
}

}  // namespace

std::uint64_t structure_of(const Graph& graph) {
  std::uint64_t hash = 14695981039346656037U;  // FNV-1a
  const auto add = [&](std::uint64_t word) { hash = (hash ^ word) * 1099511628211U; };
  for (const Node& node : graph.nodes()) {
    for (const char letter : node.op) add(static_cast<unsigned char>(letter));
    for (const auto* values : {&node.inputs, &node.outputs}) {
      add(values->size());
      for (const ValueId value : *values) add(static_cast<std::uint64_t>(value));
    }
  }
  return hash;
}

Calibrator::Calibrator(Program& program, QuantizedConvolutions which) : program_(program), which_(which) {
  find_kernels();
  find_activations();
}

bool Calibrator::is_product(const Node& node) const {
  if (node.op == "Gemm") return true;
  if (node.op != "Conv") return false;
  const bool is_depthwise =
      node.attributes.integer("group", 1) > 1 && program_.graph().value(node.inputs[1]).type.shape[1] == 1;
  return !is_depthwise || which_ == QuantizedConvolutions::kAll;
}

/// Kernels that depend on parameters alone.
void Calibrator::find_kernels() {
  const Graph& graph = program_.graph();
  std::vector<bool> is_fixed(graph.values().size());
  for (std::size_t id = 0; id < is_fixed.size(); ++id) {
    is_fixed[id] = graph.values()[id].kind == ValueKind::kParameter;
  }
  for (const Node& node : graph.nodes()) {
    const bool all_fixed = std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId input) {
      return input == kNoValue || is_fixed[static_cast<std::size_t>(input)];
    });
    for (const ValueId output : node.outputs) is_fixed[static_cast<std::size_t>(output)] = all_fixed;
    if (is_product(node) && !all_fixed && is_fixed[static_cast<std::size_t>(node.inputs[1])]) {
      kernels_.insert(node.inputs[1]);
    }
  }
}

void Calibrator::find_activations() {
  const Graph& graph = program_.graph();
  const auto add = [&](ValueId value) {
    if (graph.value(value).type.dtype == DType::kFloat32 && !kernels_.count(value)) activations_[value];
  };
  for (const Node& node : graph.nodes()) {
    if (is_product(node) && kernels_.count(node.inputs[1])) {
      add(node.inputs[0]);
      if (node.inputs.size() > 3) add(node.inputs[3]);
      add(node.outputs[0]);
    }
    if (!only_moves(node)) continue;
    add(node.outputs[0]);
    for (const ValueId input : node.inputs) {
      add(input);
      join(input, node.outputs[0]);
    }
  }
}

int Calibrator::group_of(ValueId value) const {
  const auto other = shares_with_.find(value);
  return other == shares_with_.end() ? value : group_of(other->second);
}

void Calibrator::join(ValueId a, ValueId b) {
  const ValueId first = group_of(a), second = group_of(b);
  if (first != second) shares_with_[std::max(first, second)] = std::min(first, second);
}

/// By the bits of the numbers: the processor then takes many at once, which it does not for floats (NaN has no order).
void Calibrator::Magnitudes::add(std::span<const float> numbers) {
  constexpr std::uint32_t kSign = 0x80000000U, kInfinity = 0x7f800000U;
  std::uint32_t most = 0, any_negative = 0;
  const float* all = numbers.data();
  const auto count = static_cast<std::int64_t>(numbers.size());
#pragma omp parallel for simd reduction(max : most) reduction(| : any_negative)
  for (std::int64_t i = 0; i < count; ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(all[i]);
    most = std::max(most, bits & ~kSign);
    any_negative |= static_cast<std::uint32_t>(bits > kSign);  // but -0
  }
  is_finite = is_finite && most < kInfinity;
  has_negative = has_negative || any_negative != 0;
  largest = std::max(largest, std::bit_cast<float>(most));
}

void Calibrator::run() { program_.observe(*this); }

bool Calibrator::wants(ValueId value) const {
  return activations_.count(value) || (kernels_.count(value) && !filter_limits_.count(value));
}

void Calibrator::see(ValueId value, std::span<const float> numbers) {
  if (const auto activation = activations_.find(value); activation != activations_.end()) {
    activation->second.add(numbers);
    return;
  }
  std::vector<float>& limits = filter_limits_[value];
  const auto filters = static_cast<std::size_t>(program_.graph().value(value).type.shape[0]);
  const std::size_t length = filters == 0 ? 0 : numbers.size() / filters;
  for (std::size_t filter = 0; filter < filters; ++filter) {
    float largest = 0;
    for (std::size_t i = filter * length; i < (filter + 1) * length; ++i) {
      largest = std::max(largest, std::abs(numbers[i]));
    }
    limits.push_back(largest > 0 ? largest : 1);  // any step does for a filter of zeros
  }
}

Calibration Calibrator::calibration() const {
  std::map<int, Quantization> groups;
  std::set<int> failed;
  for (const auto& [value, magnitudes] : activations_) {
    if (!magnitudes.is_finite) failed.insert(group_of(value));
    Quantization& group = groups[group_of(value)];
    group.is_signed |= magnitudes.has_negative;
    group.limits.resize(1);
    group.limits[0] = std::max(group.limits[0], magnitudes.largest);
  }
  Calibration found;
  found.graph = structure_of(program_.graph());
  for (const auto& [value, magnitudes] : activations_) {
    const Quantization& group = groups[group_of(value)];
    if (!failed.count(group_of(value)) && group.limits[0] > 0) found.tensors[value] = group;
  }
  for (const auto& [value, limits] : filter_limits_) {
    const bool is_finite = std::all_of(limits.begin(), limits.end(), [](float limit) { return std::isfinite(limit); });
    if (is_finite) found.tensors[value] = {limits, true};
  }
  return found;
}

}  // namespace thaw
