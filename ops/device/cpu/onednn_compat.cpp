#include "ops/device/cpu/onednn_compat.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "ops/device/cpu/onednn.h"
#include "ops/device/cpu/onednn_compat_describe.h"
#include "schemas/diagnostic.h"

namespace thaw::cpu {

using dnnl::algorithm;
using dnnl::memory;
using dnnl::prop_kind;

namespace {

struct Geometry {
  memory::dims strides, dilates, pads_begin, pads_end;

  explicit Geometry(const Window& window)
      : strides(window.strides), dilates(window.dilations), pads_begin(window.pads_begin), pads_end(window.pads_end) {
    for (auto& dilation : dilates) --dilation;  // oneDNN counts the gaps
  }
};

/// A bias that is not there is an empty descriptor.
memory::desc or_empty(const memory::desc* bias) { return bias ? *bias : memory::desc(); }

/// What backward needs to know of forward: no post-op may be part of it.
dnnl::convolution_forward::primitive_desc conv_hint(const Window& window, const memory::desc& src,
                                                    const memory::desc& weights, const memory::desc& dst) {
  // Of one type: a gradient may be summed in f32 where the rest is bfloat16, but no forward convolution is so mixed.
  const auto any = [&](const memory::desc& desc) { return any_desc(dims_of(desc), data_type_of(dst)); };
  return conv_forward(algorithm::convolution_direct, true, window, any(src), any(weights), nullptr, any(dst), {});
}

dnnl::inner_product_forward::primitive_desc product_hint(const memory::desc& src, const memory::desc& weights,
                                                         const memory::desc& dst) {
  const auto any = [&](const memory::desc& desc) { return any_desc(dims_of(desc), data_type_of(dst)); };
  return inner_product_forward(true, any(src), any(weights), nullptr, any(dst), {});
}

prop_kind forward_kind(bool is_training) {
  return is_training ? prop_kind::forward_training : prop_kind::forward_inference;
}

}  // namespace

dnnl::primitive_attr attributes_for(const FusedActivation& activation, bool adds_to_dst) {
  // oneDNN's leaky relu is its relu with an alpha; its swish is x * sigmoid(alpha x).
  static const std::map<std::string, algorithm> kFunctions{{"Relu", algorithm::eltwise_relu},
                                                           {"LeakyRelu", algorithm::eltwise_relu},
                                                           {"Elu", algorithm::eltwise_elu},
                                                           {"Tanh", algorithm::eltwise_tanh},
                                                           {"Clip", algorithm::eltwise_clip},
                                                           {"Swish", algorithm::eltwise_swish},
                                                           {"HardSwish", algorithm::eltwise_hardswish}};
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  dnnl::post_ops post_ops;
  if (adds_to_dst) post_ops.append_sum(1.0F);
  if (!activation.name.empty()) {
    const auto function = kFunctions.find(activation.name);
    if (function == kFunctions.end()) throw InternalError(activation.name + " cannot be fused");
    float alpha = activation.alpha, beta = activation.beta;
    if (activation.name == "Swish") alpha = 1;
    if (activation.name == "HardSwish") {  // ONNX's constants; oneDNN 2.x knows no others
      alpha = 1.0F / 6;
      beta = 0.5F;
    }
    append_activation(post_ops, function->second, alpha, beta);
  }
  attributes.set_post_ops(post_ops);
  return attributes;
}

dnnl::convolution_forward::primitive_desc conv_forward(algorithm way, bool is_training, const Window& window,
                                                       const memory::desc& src, const memory::desc& weights,
                                                       const memory::desc* bias, const memory::desc& dst,
                                                       const FusedActivation& activation, bool adds_to_dst) {
  const Geometry g(window);
  // Winograd's kernel for inference wants weights that are transformed before: four times their memory, by a reorder
  // that takes a tenth of a second for 512 x 512. The one for training does it in every run, in a few milliseconds.
  const auto kind = forward_kind(is_training || way == algorithm::convolution_winograd);
  return describe<dnnl::convolution_forward>(engine(), attributes_for(activation, adds_to_dst), kind, way, src, weights,
                                             or_empty(bias), dst, g.strides, g.dilates, g.pads_begin, g.pads_end);
}

dnnl::convolution_backward_data::primitive_desc conv_backward_data(algorithm way, const Window& window,
                                                                   const memory::desc& src, const memory::desc& weights,
                                                                   const memory::desc& dst) {
  const Geometry g(window);
  return describe_gradient<dnnl::convolution_backward_data>(engine(), attributes_for(),
                                                            conv_hint(window, src, weights, dst), way, src, weights,
                                                            dst, g.strides, g.dilates, g.pads_begin, g.pads_end);
}

dnnl::convolution_backward_weights::primitive_desc conv_backward_weights(algorithm way, const Window& window,
                                                                         const memory::desc& src,
                                                                         const memory::desc& weights,
                                                                         const memory::desc* bias,
                                                                         const memory::desc& dst) {
  const Geometry g(window);
  return describe_gradient<dnnl::convolution_backward_weights>(
      engine(), attributes_for(), conv_hint(window, src, weights, dst), way, src, weights, or_empty(bias), dst,
      g.strides, g.dilates, g.pads_begin, g.pads_end);
}

dnnl::inner_product_forward::primitive_desc inner_product_forward(bool is_training, const memory::desc& src,
                                                                  const memory::desc& weights, const memory::desc* bias,
                                                                  const memory::desc& dst,
                                                                  const FusedActivation& activation) {
  return describe<dnnl::inner_product_forward>(engine(), attributes_for(activation), forward_kind(is_training), src,
                                               weights, or_empty(bias), dst);
}

dnnl::inner_product_backward_data::primitive_desc inner_product_backward_data(const memory::desc& src,
                                                                              const memory::desc& weights,
                                                                              const memory::desc& dst) {
  return describe_gradient<dnnl::inner_product_backward_data>(engine(), attributes_for(),
                                                              product_hint(src, weights, dst), src, weights, dst);
}

dnnl::inner_product_backward_weights::primitive_desc inner_product_backward_weights(const memory::desc& src,
                                                                                    const memory::desc& weights,
                                                                                    const memory::desc* bias,
                                                                                    const memory::desc& dst) {
  return describe_gradient<dnnl::inner_product_backward_weights>(
      engine(), attributes_for(), product_hint(src, weights, dst), src, weights, or_empty(bias), dst);
}

dnnl::matmul::primitive_desc matmul(const memory::desc& src, const memory::desc& weights, const memory::desc& dst) {
  return describe<dnnl::matmul>(engine(), attributes_for(), src, weights, dst);
}

memory::desc with_data_type(const memory::desc& desc, memory::data_type type) {
  if (data_type_of(desc) == type) return desc;
  const memory::dims dims = dims_of(desc);
  const auto blocking = blocking_of(desc);
  if (blocking && blocking->inner.empty() && blocking->padded_extents == dims) return {dims, type, blocking->strides};
  if (blocking && blocking->inner.size() == 1 && blocking->inner[0].axis == 1) {
    const auto tag = channel_block_tag(dims.size(), blocking->inner[0].size);
    const memory::desc changed = tag == memory::format_tag::undef ? memory::desc() : memory::desc(dims, type, tag);
    const auto found = blocking_of(changed);
    if (found && found->strides == blocking->strides) return changed;
  }
  return with_data_type(plain_desc(dims), type);
}

std::optional<BlockedStrides> blocked_strides(const memory::desc& desc) {
  const auto blocking = blocking_of(desc);
  if (!blocking || blocking->inner.size() > 1) return std::nullopt;
  BlockedStrides found{blocking->strides};
  if (!blocking->inner.empty()) {
    found.axis = blocking->inner[0].axis;
    found.block = blocking->inner[0].size;
  }
  return found;
}

std::optional<ChannelBlocks> find_channel_blocks(const memory::desc& desc) {
  const auto blocking = blocking_of(desc);
  if (!blocking || blocking->rank() < 3 || blocking->rank() > 5) return std::nullopt;
  const bool is_blocked = blocking->inner.size() == 1 && blocking->inner[0].axis == 1;
  if (!blocking->inner.empty() && !is_blocked) return std::nullopt;

  const Shape &dims = blocking->extents, &strides = blocking->strides;
  const std::int64_t n = dims[0], channels = blocking->padded_extents[1];
  const std::size_t axes = dims.size() - 2;
  std::int64_t extents[3] = {1, 1, 1}, pixels = 1;
  for (std::size_t axis = 0; axis < axes; ++axis) pixels *= extents[3 - axes + axis] = dims[axis + 2];
  /// Whether the spatial axes lie side by side, `step` elements from pixel to pixel.
  const auto has_pixels_at = [&](std::int64_t step) {
    for (std::size_t axis = dims.size() - 1; axis >= 2; step *= dims[axis--]) {
      if (strides[axis] != step) return false;
    }
    return true;
  };
  const auto blocks_of = [&](std::int64_t block) {
    return ChannelBlocks{n * channels / block, extents[0], extents[1], extents[2], block};
  };
  if (n > 1 && strides[0] != channels * pixels) return std::nullopt;
  if (is_blocked) {
    const std::int64_t block = blocking->inner[0].size;
    const bool is_dense = channels == block || strides[1] == pixels * block;
    return is_dense && has_pixels_at(block) ? std::optional(blocks_of(block)) : std::nullopt;
  }
  if (has_pixels_at(1) && (channels == 1 || strides[1] == pixels)) return blocks_of(1);
  if (has_pixels_at(channels) && strides[1] == 1) return blocks_of(channels);
  return std::nullopt;
}

ChannelBlocks channel_blocks(const memory::desc& desc) {
  const auto blocks = find_channel_blocks(desc);
  if (!blocks) throw InternalError("layout " + format_text(desc) + " is not blocked by channels alone");
  return *blocks;
}

memory::desc reshaped_like(const memory::desc& like, const memory::dims& dims) {
  using Tag = memory::format_tag;
  static constexpr Tag kRowMajor[] = {Tag::abc, Tag::abcd, Tag::abcde};
  static constexpr Tag kLast[] = {Tag::acb, Tag::acdb, Tag::acdeb};
  const std::int64_t block = channel_blocks(like).block;
  const Tag tag = !blocking_of(like)->inner.empty() ? channel_block_tag(dims.size(), block)
                                                    : (block > 1 ? kLast : kRowMajor)[dims.size() - 3];
  return {dims, data_type_of(like), tag};
}

std::string format_text(const memory::desc& desc) {
  const auto blocking = blocking_of(desc);
  if (!blocking) return "opaque";
  std::vector<int> axes(blocking->extents.size());
  std::iota(axes.begin(), axes.end(), 0);
  std::stable_sort(axes.begin(), axes.end(), [&](int a, int b) {
    return blocking->strides[static_cast<std::size_t>(a)] > blocking->strides[static_cast<std::size_t>(b)];
  });
  std::string text;
  switch (data_type_of(desc)) {
    case memory::data_type::bf16:
      text = "bf16:";
      break;
    case memory::data_type::u8:
      text = "u8:";
      break;
    case memory::data_type::s8:
      text = "s8:";
      break;
    default:
      break;
  }
  for (const int axis : axes) {
    const auto is_its = [&](const Blocking::InnerBlock& block) { return block.axis == axis; };
    const bool is_blocked = std::any_of(blocking->inner.begin(), blocking->inner.end(), is_its);
    text += static_cast<char>((is_blocked ? 'A' : 'a') + axis);
  }
  for (const auto& block : blocking->inner) text += std::to_string(block.size) + static_cast<char>('a' + block.axis);
  return text;
}

}  // namespace thaw::cpu
