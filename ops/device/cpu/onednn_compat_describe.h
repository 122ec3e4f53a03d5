#pragma once

#include <algorithm>
#include <dnnl.hpp>
#include <unordered_map>
#include <vector>

static_assert(DNNL_VERSION_MAJOR == 2 || DNNL_VERSION_MAJOR == 3, "thaw knows oneDNN 2.x and 3.x");

/// Primitive descriptors, whichever oneDNN is there: 2.x describes the operation first and then the primitive, 3.x the
/// primitive at once. What describes an operation is the same in both, in the same order: `operation`, with an empty
/// descriptor for a bias that is not there.
namespace thaw::cpu {

template <class Primitive, class... Operation>
typename Primitive::primitive_desc describe(const dnnl::engine& engine, const dnnl::primitive_attr& attributes,
                                            const Operation&... operation) {
#if DNNL_VERSION_MAJOR == 2
  return {typename Primitive::desc(operation...), attributes, engine};
#else
  return {engine, operation..., attributes};
#endif
}

/// `forward` describes the primitive whose gradient this is.
template <class Primitive, class Forward, class... Operation>
typename Primitive::primitive_desc describe_gradient(const dnnl::engine& engine, const dnnl::primitive_attr& attributes,
                                                     const Forward& forward, const Operation&... operation) {
#if DNNL_VERSION_MAJOR == 2
  return {typename Primitive::desc(operation...), attributes, engine, forward};
#else
  return {engine, operation..., forward, attributes};
#endif
}

/// Appends an activation with oneDNN's own alpha and beta.
inline void append_activation(dnnl::post_ops& post_ops, dnnl::algorithm function, float alpha, float beta) {
#if DNNL_VERSION_MAJOR == 2
  post_ops.append_eltwise(1.0F, function, alpha, beta);
#else
  post_ops.append_eltwise(function, alpha, beta);
#endif
}

/// Multiplies an int8 convolution's (no groups) sums by one number a channel. 2.x keeps the numbers in the attributes
/// and multiplies sum and bias; 3.x reads them when it runs, hence `arguments`, and multiplies the sum alone.
inline void set_channel_scales(dnnl::primitive_attr& attributes, const dnnl::engine& engine,
                               const std::vector<float>& scales, std::unordered_map<int, dnnl::memory>& arguments) {
#if DNNL_VERSION_MAJOR == 2
  static_cast<void>(engine);
  static_cast<void>(arguments);
  attributes.set_output_scales(1 << 1, scales);
#else
  attributes.set_scales_mask(DNNL_ARG_WEIGHTS, 1 << 0);
  const dnnl::memory::desc desc({static_cast<dnnl::memory::dim>(scales.size())}, dnnl::memory::data_type::f32,
                                dnnl::memory::format_tag::a);
  dnnl::memory memory(desc, engine);
  std::copy(scales.begin(), scales.end(), static_cast<float*>(memory.get_data_handle()));
  arguments.insert_or_assign(DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, memory);
#endif
}

}  // namespace thaw::cpu
