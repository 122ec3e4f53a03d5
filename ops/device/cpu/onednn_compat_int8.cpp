#include "ops/device/cpu/onednn_compat_int8.h"

#include <algorithm>

#include "ops/device/cpu/onednn_compat.h"
#include "ops/device/cpu/onednn_compat_describe.h"

namespace thaw::cpu {

using dnnl::memory;

namespace {

constexpr auto kInference = dnnl::prop_kind::forward_inference;

#if DNNL_VERSION_MAJOR == 2

/// dst = activation(factor * (sum of products + bias) + added * dst), in the steps of dst: before the activation where
/// it is the same function in any unit, else after it.
dnnl::primitive_attr attributes_of(const FusedActivation& activation, const ProductSteps& steps, int) {
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
  attributes.set_output_scales(1 << 1, factors);
  const dnnl::post_ops activations = attributes.get_post_ops();
  dnnl::post_ops post_ops;
  if (steps.added) post_ops.append_sum(steps.added->step / unit, 0, steps.added->type);
  if (activations.len() > 0) {
    float scale = 1, alpha = 0, beta = 0;
    dnnl::algorithm function = dnnl::algorithm::undef;
    activations.get_params_eltwise(0, scale, function, alpha, beta);
    post_ops.append_eltwise(is_free_of_units ? 1 : 1 / steps.dst, function, alpha, beta);
  }
  attributes.set_post_ops(post_ops);
  return attributes;
}

/// What numbers of `from` become in the steps of `to`.
Steps factors_between(const Steps& from, const Steps& to) {
  const auto at = [](const Steps& steps, std::size_t i) {
    return steps.values.empty() ? 1.0F : steps.values[std::min(i, steps.values.size() - 1)];
  };
  Steps factors{{}, from.axes | to.axes};
  const std::size_t count = std::max({from.values.size(), to.values.size(), std::size_t{1}});
  for (std::size_t i = 0; i < count; ++i) factors.values.push_back(at(from, i) / at(to, i));
  return factors;
}

#else

/// dst = activation(src step * weights step * sum of products + bias + added * dst) / dst step.
dnnl::primitive_attr attributes_of(const FusedActivation& activation, const ProductSteps& steps, int filter_axes) {
  dnnl::primitive_attr attributes = attributes_for(activation);
  attributes.set_scales_mask(DNNL_ARG_SRC, 0);
  attributes.set_scales_mask(DNNL_ARG_WEIGHTS, filter_axes);
  attributes.set_scales_mask(DNNL_ARG_DST, 0);
  const dnnl::post_ops activations = attributes.get_post_ops();
  dnnl::post_ops post_ops;
  if (steps.added) post_ops.append_sum(steps.added->step, 0, steps.added->type);
  if (activations.len() > 0) {
    float alpha = 0, beta = 0;
    dnnl::algorithm function = dnnl::algorithm::undef;
    activations.get_params_eltwise(0, function, alpha, beta);
    post_ops.append_eltwise(function, alpha, beta);
  }
  attributes.set_post_ops(post_ops);
  return attributes;
}

PrimitiveArgument scale_argument(int argument, const std::vector<float>& values) {
  const memory::dims dims{static_cast<memory::dim>(values.size())};
  return {DNNL_ARG_ATTR_SCALES | argument, PrimitiveArgument::kConstant, plain_desc(dims), {values, 0}};
}

#endif

}  // namespace

dnnl::convolution_forward::primitive_desc quantized_conv(const Window& window, const ProductDescs& descs,
                                                         const FusedActivation& activation, const ProductSteps& steps) {
  memory::dims gaps = window.dilations;
  for (auto& gap : gaps) --gap;
  const bool has_groups = dims_of(descs.weights).size() > dims_of(descs.src).size();
  return describe<dnnl::convolution_forward>(engine(), attributes_of(activation, steps, has_groups ? 3 : 1), kInference,
                                             dnnl::algorithm::convolution_direct, descs.src, descs.weights, descs.bias,
                                             descs.dst, memory::dims(window.strides), gaps,
                                             memory::dims(window.pads_begin), memory::dims(window.pads_end));
}

dnnl::inner_product_forward::primitive_desc quantized_inner_product(const ProductDescs& descs,
                                                                    const FusedActivation& activation,
                                                                    const ProductSteps& steps) {
  return describe<dnnl::inner_product_forward>(engine(), attributes_of(activation, steps, 1), kInference, descs.src,
                                               descs.weights, descs.bias, descs.dst);
}

Steps bias_steps(const ProductSteps& steps) {
#if DNNL_VERSION_MAJOR == 2
  // The sum is multiplied with the bias in it.
  Steps bias{steps.weights, 1 << 0};
  for (float& step : bias.values) step *= steps.src;
  return bias;
#else
  static_cast<void>(steps);
  return {};
#endif
}

std::vector<PrimitiveArgument> scale_arguments(const ProductSteps& steps) {
#if DNNL_VERSION_MAJOR == 2
  static_cast<void>(steps);
  return {};
#else
  return {scale_argument(DNNL_ARG_SRC, {steps.src}), scale_argument(DNNL_ARG_WEIGHTS, steps.weights),
          scale_argument(DNNL_ARG_DST, {steps.dst})};
#endif
}

dnnl::reorder::primitive_desc reorder_between(const memory::desc& from, const Steps& from_steps, const memory::desc& to,
                                              const Steps& to_steps) {
  dnnl::primitive_attr attributes;
#if DNNL_VERSION_MAJOR == 2
  if (from_steps != to_steps) {
    const Steps factors = factors_between(from_steps, to_steps);
    attributes.set_output_scales(factors.axes, factors.values);
  }
#else
  if (!from_steps.values.empty()) attributes.set_scales_mask(DNNL_ARG_FROM, from_steps.axes);
  if (!to_steps.values.empty()) attributes.set_scales_mask(DNNL_ARG_TO, to_steps.axes);
#endif
  return {engine(), from, engine(), to, attributes};
}

std::vector<PrimitiveArgument> scale_arguments(const Steps& from, const Steps& to) {
  std::vector<PrimitiveArgument> arguments;
#if DNNL_VERSION_MAJOR == 2
  static_cast<void>(from);
  static_cast<void>(to);
#else
  if (!from.values.empty()) arguments.push_back(scale_argument(DNNL_ARG_FROM, from.values));
  if (!to.values.empty()) arguments.push_back(scale_argument(DNNL_ARG_TO, to.values));
#endif
  return arguments;
}

bool has_exact_products() {
  const auto has = [isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa())](dnnl::cpu_isa wanted) {
    const auto bits = static_cast<unsigned>(wanted);
    return (isa & bits) == bits;
  };
  return has(dnnl::cpu_isa::avx512_core_vnni) || has(dnnl::cpu_isa::avx2_vnni);
}

}  // namespace thaw::cpu
