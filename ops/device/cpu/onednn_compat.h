#pragma once

#include <dnnl.hpp>
#include <optional>
#include <string>
#include <vector>

#include "ops/activation.h"
#include "ops/device/cpu/onednn_compat_blocking.h"
#include "ops/window.h"

/// Primitive descriptors are made here and nowhere else, and layouts are taken apart here, so that nothing outside of
/// onednn_compat* depends on whether oneDNN is 2.x or 3.x. What differs is in onednn_compat_describe.h and
/// onednn_compat_blocking.cpp.
namespace thaw::cpu {

/// A fused activation as a post-op, after a sum with what dst holds if `adds_to_dst`; with a scratchpad that the
/// program plans.
dnnl::primitive_attr attributes_for(const FusedActivation& activation = {}, bool adds_to_dst = false);

/// `way`: convolution_direct, which there always is, or convolution_winograd; dnnl::error where oneDNN has none.
dnnl::convolution_forward::primitive_desc conv_forward(dnnl::algorithm way, bool is_training, const Window& window,
                                                       const dnnl::memory::desc& src, const dnnl::memory::desc& weights,
                                                       const dnnl::memory::desc* bias, const dnnl::memory::desc& dst,
                                                       const FusedActivation& activation, bool adds_to_dst = false);
dnnl::convolution_backward_data::primitive_desc conv_backward_data(dnnl::algorithm way, const Window& window,
                                                                   const dnnl::memory::desc& src,
                                                                   const dnnl::memory::desc& weights,
                                                                   const dnnl::memory::desc& dst);
dnnl::convolution_backward_weights::primitive_desc conv_backward_weights(dnnl::algorithm way, const Window& window,
                                                                         const dnnl::memory::desc& src,
                                                                         const dnnl::memory::desc& weights,
                                                                         const dnnl::memory::desc* bias,
                                                                         const dnnl::memory::desc& dst);

dnnl::inner_product_forward::primitive_desc inner_product_forward(bool is_training, const dnnl::memory::desc& src,
                                                                  const dnnl::memory::desc& weights,
                                                                  const dnnl::memory::desc* bias,
                                                                  const dnnl::memory::desc& dst,
                                                                  const FusedActivation& activation);
dnnl::inner_product_backward_data::primitive_desc inner_product_backward_data(const dnnl::memory::desc& src,
                                                                              const dnnl::memory::desc& weights,
                                                                              const dnnl::memory::desc& dst);
dnnl::inner_product_backward_weights::primitive_desc inner_product_backward_weights(const dnnl::memory::desc& src,
                                                                                    const dnnl::memory::desc& weights,
                                                                                    const dnnl::memory::desc* bias,
                                                                                    const dnnl::memory::desc& dst);

/// dst = src x weights over stacks of matrices.
dnnl::matmul::primitive_desc matmul(const dnnl::memory::desc& src, const dnnl::memory::desc& weights,
                                    const dnnl::memory::desc& dst);

/// How a tensor lies in memory, as far as one axis in blocks goes: strides in elements; along `axis` the stride is that
/// of whole blocks of `block` elements, which lie side by side.
struct BlockedStrides {
  Shape strides;
  int axis = -1;
  std::int64_t block = 1;  ///< 1: no axis is in blocks
};
/// Nothing where the layout is of another kind (several axes in blocks).
std::optional<BlockedStrides> blocked_strides(const dnnl::memory::desc& desc);

/// A picture's layout seen as [outer][depth][height][width][block]: nchw has block 1, nhwc block C, nChw16c block 16.
/// Spatial axes that the picture lacks have extent 1.
struct ChannelBlocks {
  std::int64_t outer = 0;  ///< batch x channel blocks
  std::int64_t depth = 0, height = 0, width = 0;
  std::int64_t block = 0;  ///< channels that lie side by side, padding included
};
/// Nothing if the layout is not of that kind.
std::optional<ChannelBlocks> find_channel_blocks(const dnnl::memory::desc& desc);
/// Throws InternalError if the layout is not of that kind.
ChannelBlocks channel_blocks(const dnnl::memory::desc& desc);
/// The layout of the picture `like` (as channel_blocks sees it) for other extents of the same channels.
dnnl::memory::desc reshaped_like(const dnnl::memory::desc& like, const dnnl::memory::dims& dims);

/// The same order of other numbers; row-major if that cannot be had.
dnnl::memory::desc with_data_type(const dnnl::memory::desc& desc, dnnl::memory::data_type type);

/// "aBcd16b": the axes from outermost to innermost, then the blocks; "bf16:aBcd16b" where the numbers are not f32 or
/// s32.
std::string format_text(const dnnl::memory::desc& desc);

}  // namespace thaw::cpu
