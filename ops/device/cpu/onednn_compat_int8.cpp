#include "ops/device/cpu/onednn_compat_int8.h"

#include <algorithm>

#include "ops/device/cpu/onednn_compat.h"

namespace thaw::cpu {

using dnnl::memory;

namespace {

constexpr int kFilters = 1 << 1;  // the axis of dst that counts them

/// 2.x: dst = activation(factor * (sum of products + bias) + added * dst), in the steps of dst: before the activation
/// where it is the same function in any unit (slopes), else after it.
dnnl::primitive_attr attributes_of(const FusedActivation& activation, const ProductSteps& steps) {
  FusedActivation scaled = activation;
  const std::string& name = activation.name;
  const bool is_free_of_units = name.empty() || name == "Relu" || name == "LeakyRelu" || name == "Clip";
  if (name == "Clip") {
    scaled.alpha /= steps.dst;
    scaled.beta /= steps.dst;
  }
  const float unit = is_free_of_units ? steps.dst : 1;
  dnnl::primitive_attr attributes = attributes_for(scaled);
  std::vector<float> factors;
  for (const float step : steps.weights) factors.push_back(steps.src * step / unit);
  attributes.set_output_scales(kFilters, factors);
  const dnnl::post_ops activations = attributes.get_post_ops();
  dnnl::post_ops post_ops;
  if (steps.added) post_ops.append_sum(steps.added->step / unit, steps.added->type);
  if (activations.len() > 0) {
    float scale = 1, alpha = 0, beta = 0;
    dnnl::algorithm function = dnnl::algorithm::undef;
    activations.get_params_eltwise(0, scale, function, alpha, beta);
    post_ops.append_eltwise(is_free_of_units ? 1 : 1 / steps.dst, function, alpha, beta);
  }
  attributes.set_post_ops(post_ops);
  return attributes;
}

constexpr auto kInference = dnnl::prop_kind::forward_inference;

/// The steps of the result of a reorder in those of its source; a single 1 if they are the same.
Steps factors_between(const Steps& from, const Steps& to) {
  const auto at = [](const Steps& steps, std::size_t i) {
    return steps.values.empty() ? 1.0F : steps.values[std::min(i, steps.values.size() - 1)];
  };
  Steps factors{{}, from.axes | to.axes};
  const std::size_t count = std::max({from.values.size(), to.values.size(), std::size_t{1}});
  for (std::size_t i = 0; i < count; ++i) factors.values.push_back(at(from, i) / at(to, i));
  return factors;
}

}  // namespace

dnnl::convolution_forward::primitive_desc quantized_conv(const Window& window, const ProductDescs& descs,
                                                         const FusedActivation& activation, const ProductSteps& steps) {
  using Convolution = dnnl::convolution_forward;
  memory::dims gaps = window.dilations;
  for (auto& gap : gaps) --gap;
  constexpr auto kDirect = dnnl::algorithm::convolution_direct;
  const auto desc = descs.bias.is_zero()
                        ? Convolution::desc(kInference, kDirect, descs.src, descs.weights, descs.dst, window.strides,
                                            gaps, window.pads_begin, window.pads_end)
                        : Convolution::desc(kInference, kDirect, descs.src, descs.weights, descs.bias, descs.dst,
                                            window.strides, gaps, window.pads_begin, window.pads_end);
  return {desc, attributes_of(activation, steps), engine()};
}

dnnl::inner_product_forward::primitive_desc quantized_inner_product(const ProductDescs& descs,
                                                                    const FusedActivation& activation,
                                                                    const ProductSteps& steps) {
  using Product = dnnl::inner_product_forward;
  const auto desc = descs.bias.is_zero() ? Product::desc(kInference, descs.src, descs.weights, descs.dst)
                                         : Product::desc(kInference, descs.src, descs.weights, descs.bias, descs.dst);
  return {desc, attributes_of(activation, steps), engine()};
}

/// 2.x multiplies the sum with the bias in it.
Steps bias_steps(const ProductSteps& steps) {
  Steps bias{steps.weights, 1 << 0};
  for (float& step : bias.values) step *= steps.src;
  return bias;
}

dnnl::reorder::primitive_desc reorder_between(const memory::desc& from, const Steps& from_steps, const memory::desc& to,
                                              const Steps& to_steps) {
  dnnl::primitive_attr attributes;
  if (from_steps != to_steps) {
    const Steps factors = factors_between(from_steps, to_steps);
    attributes.set_output_scales(factors.axes, factors.values);
  }
  return {engine(), from, engine(), to, attributes};
}

bool has_exact_products() {
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::avx2_vnni:
    case dnnl::cpu_isa::avx512_core_vnni:
    case dnnl::cpu_isa::avx512_core_bf16:
    case dnnl::cpu_isa::avx512_core_amx:
      return true;
    default:
      return false;
  }
}

}  // namespace thaw::cpu
