#pragma once

#include <dnnl.hpp>
#include <optional>

#include "graph/shape.h"

/// How a tensor with batch and channel axes lies in memory, for kernels that work in any such order.
namespace thaw::cpu {

/// A tensor seen as [batch][outer][spatial...][block]: row-major has block 1, channels-last one block of all channels,
/// nChw16c blocks of 16 of which the last may be padded with zeros. A matrix is one block.
struct ChannelOrder {
  std::int64_t batch = 1, channels = 1;
  std::int64_t outer = 1;    ///< blocks of channels
  Shape extents;             ///< spatial
  std::int64_t spatial = 1;  ///< product of `extents`
  std::int64_t block = 1;    ///< channels that lie side by side
  bool is_row_major = false;

  bool has_padding() const { return outer * block != channels; }
  std::int64_t padded_channels() const { return outer * block; }
};

/// Nothing if the tensor has less than two axes or lies in another way.
std::optional<ChannelOrder> channel_order(const dnnl::memory::desc& desc);
/// A layout in the order of `like`, which channel_order understands, for other extents but the same rank and channels.
dnnl::memory::desc ordered_like(const dnnl::memory::desc& like, const dnnl::memory::dims& dims);
/// Zeroes the padding of a tensor.
void zero_padding(const ChannelOrder& order, float* data);

}  // namespace thaw::cpu
