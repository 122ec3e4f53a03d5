#include "ops/device/cpu/onednn_compat.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "ops/device/cpu/onednn.h"
#include "schemas/diagnostic.h"

#if DNNL_VERSION_MAJOR != 2
#error "thaw knows oneDNN 2.x so far: the calls that differ in 3.x are all in this file"
#endif

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

/// What backward needs to know of forward: no post-op may be part of it.
dnnl::convolution_forward::primitive_desc conv_hint(const Window& window, const memory::desc& src,
                                                    const memory::desc& weights, const memory::desc& dst) {
  const auto any = [&](const memory::desc& desc) { return any_desc(dims_of(desc), src.data_type()); };
  return conv_forward(true, window, any(src), any(weights), nullptr, any_desc(dims_of(dst), dst.data_type()), {});
}

dnnl::inner_product_forward::primitive_desc product_hint(const memory::desc& src, const memory::desc& weights,
                                                         const memory::desc& dst) {
  const auto any = [&](const memory::desc& desc) { return any_desc(dims_of(desc), dst.data_type()); };
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
    const float alpha = activation.name == "Swish" ? 1.0F : activation.alpha;
    post_ops.append_eltwise(1.0F, function->second, alpha, activation.beta);
  }
  attributes.set_post_ops(post_ops);
  return attributes;
}

dnnl::convolution_forward::primitive_desc conv_forward(bool is_training, const Window& window, const memory::desc& src,
                                                       const memory::desc& weights, const memory::desc* bias,
                                                       const memory::desc& dst, const FusedActivation& activation,
                                                       bool adds_to_dst) {
  using Convolution = dnnl::convolution_forward;
  const Geometry g(window);
  const prop_kind kind = forward_kind(is_training);
  const auto desc = bias ? Convolution::desc(kind, algorithm::convolution_direct, src, weights, *bias, dst, g.strides,
                                             g.dilates, g.pads_begin, g.pads_end)
                         : Convolution::desc(kind, algorithm::convolution_direct, src, weights, dst, g.strides,
                                             g.dilates, g.pads_begin, g.pads_end);
  return {desc, attributes_for(activation, adds_to_dst), engine()};
}

dnnl::convolution_backward_data::primitive_desc conv_backward_data(const Window& window, const memory::desc& src,
                                                                   const memory::desc& weights,
                                                                   const memory::desc& dst) {
  const Geometry g(window);
  const dnnl::convolution_backward_data::desc desc(algorithm::convolution_direct, src, weights, dst, g.strides,
                                                   g.dilates, g.pads_begin, g.pads_end);
  return {desc, attributes_for(), engine(), conv_hint(window, src, weights, dst)};
}

dnnl::convolution_backward_weights::primitive_desc conv_backward_weights(const Window& window, const memory::desc& src,
                                                                         const memory::desc& weights,
                                                                         const memory::desc* bias,
                                                                         const memory::desc& dst) {
  using Convolution = dnnl::convolution_backward_weights;
  const Geometry g(window);
  const auto desc = bias ? Convolution::desc(algorithm::convolution_direct, src, weights, *bias, dst, g.strides,
                                             g.dilates, g.pads_begin, g.pads_end)
                         : Convolution::desc(algorithm::convolution_direct, src, weights, dst, g.strides, g.dilates,
                                             g.pads_begin, g.pads_end);
  return {desc, attributes_for(), engine(), conv_hint(window, src, weights, dst)};
}

dnnl::inner_product_forward::primitive_desc inner_product_forward(bool is_training, const memory::desc& src,
                                                                  const memory::desc& weights, const memory::desc* bias,
                                                                  const memory::desc& dst,
                                                                  const FusedActivation& activation) {
  using Product = dnnl::inner_product_forward;
  const prop_kind kind = forward_kind(is_training);
  const auto desc = bias ? Product::desc(kind, src, weights, *bias, dst) : Product::desc(kind, src, weights, dst);
  return {desc, attributes_for(activation), engine()};
}

dnnl::inner_product_backward_data::primitive_desc inner_product_backward_data(const memory::desc& src,
                                                                              const memory::desc& weights,
                                                                              const memory::desc& dst) {
  const dnnl::inner_product_backward_data::desc desc(src, weights, dst);
  return {desc, attributes_for(), engine(), product_hint(src, weights, dst)};
}

dnnl::inner_product_backward_weights::primitive_desc inner_product_backward_weights(const memory::desc& src,
                                                                                    const memory::desc& weights,
                                                                                    const memory::desc* bias,
                                                                                    const memory::desc& dst) {
  using Product = dnnl::inner_product_backward_weights;
  const auto desc = bias ? Product::desc(src, weights, *bias, dst) : Product::desc(src, weights, dst);
  return {desc, attributes_for(), engine(), product_hint(src, weights, dst)};
}

namespace {

dnnl::normalization_flags batch_norm_flags(bool has_statistics) {
  const auto flags = dnnl::normalization_flags::use_scale | dnnl::normalization_flags::use_shift;
  return has_statistics ? flags | dnnl::normalization_flags::use_global_stats : flags;
}

}  // namespace

dnnl::batch_normalization_forward::primitive_desc batch_norm_forward(const memory::desc& src, float epsilon,
                                                                     bool has_statistics) {
  const dnnl::batch_normalization_forward::desc desc(prop_kind::forward_training, src, epsilon,
                                                     batch_norm_flags(has_statistics));
  return {desc, attributes_for(), engine()};
}

dnnl::batch_normalization_backward::primitive_desc batch_norm_backward(const memory::desc& src, float epsilon,
                                                                       bool has_statistics) {
  const dnnl::batch_normalization_backward::desc desc(prop_kind::backward, src, src, epsilon,
                                                      batch_norm_flags(has_statistics));
  return {desc, attributes_for(), engine(), batch_norm_forward(src, epsilon, has_statistics)};
}

dnnl::matmul::primitive_desc matmul(const memory::desc& src, const memory::desc& weights, const memory::desc& dst) {
  return {dnnl::matmul::desc(src, weights, dst), attributes_for(), engine()};
}

memory::desc with_data_type(const memory::desc& desc, memory::data_type type) {
  memory::desc changed = desc;
  changed.data.data_type = memory::convert_to_c(type);
  return changed;
}

memory::dims dims_of(const memory::desc& desc) { return desc.dims(); }

std::optional<BlockedStrides> blocked_strides(const memory::desc& desc) {
  const auto& data = desc.data;
  const auto& blocking = data.format_desc.blocking;
  if (data.format_kind != dnnl_blocked || blocking.inner_nblks > 1) return std::nullopt;
  BlockedStrides found{Shape(blocking.strides, blocking.strides + data.ndims)};
  if (blocking.inner_nblks == 1) {
    found.axis = static_cast<int>(blocking.inner_idxs[0]);
    found.block = blocking.inner_blks[0];
  }
  return found;
}

std::optional<ChannelBlocks> find_channel_blocks(const memory::desc& desc) {
  const auto& data = desc.data;
  const auto& blocking = data.format_desc.blocking;
  if (data.format_kind != dnnl_blocked || data.ndims < 3 || data.ndims > 5) return std::nullopt;
  const bool is_blocked = blocking.inner_nblks == 1 && blocking.inner_idxs[0] == 1;
  if (blocking.inner_nblks != 0 && !is_blocked) return std::nullopt;

  const std::int64_t n = data.dims[0], channels = data.padded_dims[1];
  const auto* strides = blocking.strides;
  const int axes = data.ndims - 2;
  std::int64_t extents[3] = {1, 1, 1}, pixels = 1;
  for (int axis = 0; axis < axes; ++axis) pixels *= extents[3 - axes + axis] = data.dims[axis + 2];
  /// Whether the spatial axes lie side by side, `step` elements from pixel to pixel.
  const auto has_pixels_at = [&](std::int64_t step) {
    for (int axis = data.ndims - 1; axis >= 2; step *= data.dims[axis--]) {
      if (strides[axis] != step) return false;
    }
    return true;
  };
  const auto blocks_of = [&](std::int64_t block) {
    return ChannelBlocks{n * channels / block, extents[0], extents[1], extents[2], block};
  };
  if (n > 1 && strides[0] != channels * pixels) return std::nullopt;
  if (is_blocked) {
    const std::int64_t block = blocking.inner_blks[0];
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
  const std::int64_t block = channel_blocks(like).block;
  const std::size_t axes = dims.size() - 3;  // 0 for one spatial axis
  const auto one_of = [&](Tag line, Tag picture, Tag volume) {
    return axes == 0 ? line : axes == 1 ? picture : volume;
  };
  Tag tag = one_of(Tag::abc, Tag::abcd, Tag::abcde);
  if (like.data.format_desc.blocking.inner_nblks > 0) {
    tag = block == 16  ? one_of(Tag::aBc16b, Tag::aBcd16b, Tag::aBcde16b)
          : block == 8 ? one_of(Tag::aBc8b, Tag::aBcd8b, Tag::aBcde8b)
                       : one_of(Tag::aBc4b, Tag::aBcd4b, Tag::aBcde4b);
  } else if (block > 1) {
    tag = one_of(Tag::acb, Tag::acdb, Tag::acdeb);
  }
  return {dims, like.data_type(), tag};
}

std::string format_text(const memory::desc& desc) {
  const auto& data = desc.data;
  if (data.format_kind != dnnl_blocked) return "opaque";
  const auto& blocking = data.format_desc.blocking;
  std::vector<int> axes(static_cast<std::size_t>(data.ndims));
  std::iota(axes.begin(), axes.end(), 0);
  std::stable_sort(axes.begin(), axes.end(), [&](int a, int b) { return blocking.strides[a] > blocking.strides[b]; });
  std::string text;
  switch (desc.data_type()) {
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
    const auto* end = blocking.inner_idxs + blocking.inner_nblks;
    const bool is_blocked = std::find(blocking.inner_idxs, end, axis) != end;
    text += static_cast<char>((is_blocked ? 'A' : 'a') + axis);
  }
  for (int i = 0; i < blocking.inner_nblks; ++i) {
    text += std::to_string(blocking.inner_blks[i]) + static_cast<char>('a' + blocking.inner_idxs[i]);
  }
  return text;
}

}  // namespace thaw::cpu
