#include "ops/device/cpu/onednn_compat.h"

#include <algorithm>
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
      : strides{window.strides[0], window.strides[1]},
        dilates{window.dilations[0] - 1, window.dilations[1] - 1},  // oneDNN counts the gaps
        pads_begin{window.pads_begin[0], window.pads_begin[1]},
        pads_end{window.pads_end[0], window.pads_end[1]} {}
};

/// What backward needs to know of forward: no post-op may be part of it.
dnnl::convolution_forward::primitive_desc conv_hint(const Window& window, const memory::desc& src,
                                                    const memory::desc& weights, const memory::desc& dst) {
  return conv_forward(true, window, any_desc(dims_of(src)), any_desc(dims_of(weights)), nullptr, any_desc(dims_of(dst)),
                      {});
}

dnnl::inner_product_forward::primitive_desc product_hint(const memory::desc& src, const memory::desc& weights,
                                                         const memory::desc& dst) {
  return inner_product_forward(true, any_desc(dims_of(src)), any_desc(dims_of(weights)), nullptr,
                               any_desc(dims_of(dst)), {});
}

prop_kind forward_kind(bool is_training) {
  return is_training ? prop_kind::forward_training : prop_kind::forward_inference;
}

}  // namespace

dnnl::primitive_attr attributes_for(const std::string& activation) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (!activation.empty()) {
    dnnl::post_ops post_ops;
    const algorithm function = activation == "Relu" ? algorithm::eltwise_relu : algorithm::eltwise_tanh;
    post_ops.append_eltwise(1.0F, function, 0.0F, 0.0F);
    attributes.set_post_ops(post_ops);
  }
  return attributes;
}

dnnl::convolution_forward::primitive_desc conv_forward(bool is_training, const Window& window, const memory::desc& src,
                                                       const memory::desc& weights, const memory::desc* bias,
                                                       const memory::desc& dst, const std::string& activation) {
  using Convolution = dnnl::convolution_forward;
  const Geometry g(window);
  const prop_kind kind = forward_kind(is_training);
  const auto desc = bias ? Convolution::desc(kind, algorithm::convolution_direct, src, weights, *bias, dst, g.strides,
                                             g.dilates, g.pads_begin, g.pads_end)
                         : Convolution::desc(kind, algorithm::convolution_direct, src, weights, dst, g.strides,
                                             g.dilates, g.pads_begin, g.pads_end);
  return {desc, attributes_for(activation), engine()};
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
                                                                  const std::string& activation) {
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
  if (data.ndims != 4 || data.format_kind != dnnl_blocked) return std::nullopt;
  const std::int64_t n = data.dims[0], channels = data.padded_dims[1], height = data.dims[2], width = data.dims[3];
  const auto strides = blocking.strides;
  if (blocking.inner_nblks == 0) {
    const bool is_channels_last = strides[1] == 1 && strides[3] == channels && strides[2] == channels * width;
    const bool is_plain = strides[3] == 1 && strides[2] == width && strides[1] == height * width;
    if (is_plain) return ChannelBlocks{n * channels, height, width, 1};
    if (is_channels_last) return ChannelBlocks{n, height, width, channels};
  } else if (blocking.inner_nblks == 1 && blocking.inner_idxs[0] == 1) {
    const std::int64_t block = blocking.inner_blks[0];
    if (strides[3] == block && strides[2] == block * width) {
      return ChannelBlocks{n * channels / block, height, width, block};
    }
  }
  return std::nullopt;
}

ChannelBlocks channel_blocks(const memory::desc& desc) {
  const auto found = find_channel_blocks(desc);
  if (!found) throw InternalError("layout " + format_text(desc) + " is not blocked by channels alone");
  return *found;
}

memory::desc reshaped_like(const memory::desc& like, const memory::dims& dims) {
  const ChannelBlocks blocks = channel_blocks(like);
  using Tag = memory::format_tag;
  const bool is_blocked = like.data.format_desc.blocking.inner_nblks > 0;
  Tag tag = Tag::abcd;
  if (is_blocked) {
    tag = blocks.block == 16 ? Tag::aBcd16b : blocks.block == 8 ? Tag::aBcd8b : Tag::aBcd4b;
  } else if (blocks.block > 1) {
    tag = Tag::acdb;
  }
  return {dims, memory::data_type::f32, tag};
}

std::string format_text(const memory::desc& desc) {
  const auto& data = desc.data;
  if (data.format_kind != dnnl_blocked) return "opaque";
  const auto& blocking = data.format_desc.blocking;
  std::vector<int> axes(static_cast<std::size_t>(data.ndims));
  std::iota(axes.begin(), axes.end(), 0);
  std::stable_sort(axes.begin(), axes.end(), [&](int a, int b) { return blocking.strides[a] > blocking.strides[b]; });
  std::string text;
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
