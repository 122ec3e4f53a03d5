#include "ops/device/cpu/onednn_compat_order.h"

#include <algorithm>

#include "ops/device/cpu/onednn.h"
#include "ops/device/cpu/onednn_compat.h"
#include "schemas/diagnostic.h"

namespace thaw::cpu {

using dnnl::memory;

namespace {

/// Whether the axes lie in this order, dense from the innermost (`inner` elements apart) outwards. The stride of an
/// axis of one element says nothing.
bool lies_in_order(const dnnl_memory_desc_t& data, const std::vector<int>& axes, const Shape& extents,
                   std::int64_t inner) {
  for (std::size_t i = axes.size(); i-- > 0;) {
    const auto axis = static_cast<std::size_t>(axes[i]);
    if (extents[axis] != 1 && data.format_desc.blocking.strides[axis] != inner) return false;
    inner *= extents[axis];
  }
  return true;
}

std::vector<int> axes_of(int rank, bool has_channels_last) {
  std::vector<int> axes;
  for (int axis = 0; axis < rank; ++axis) axes.push_back(axis);
  if (has_channels_last) std::rotate(axes.begin() + 1, axes.begin() + 2, axes.end());
  return axes;
}

}  // namespace

std::optional<ChannelOrder> channel_order(const memory::desc& desc) {
  const auto& data = desc.data;
  if (data.format_kind != dnnl_blocked || data.ndims < 2 || data.offset0 != 0) return std::nullopt;
  const auto& blocking = data.format_desc.blocking;
  Shape extents(data.dims, data.dims + data.ndims);
  ChannelOrder order;
  order.batch = extents[0];
  order.channels = extents[1];
  order.extents.assign(extents.begin() + 2, extents.end());
  order.spatial = element_count(order.extents);
  for (int axis = 0; axis < data.ndims; ++axis) {
    if (axis != 1 && data.padded_dims[axis] != data.dims[axis]) return std::nullopt;
  }
  if (blocking.inner_nblks == 0) {
    if (data.padded_dims[1] != data.dims[1]) return std::nullopt;
    order.is_row_major = lies_in_order(data, axes_of(data.ndims, false), extents, 1);
    if (!order.is_row_major && !lies_in_order(data, axes_of(data.ndims, true), extents, 1)) return std::nullopt;
    const bool has_block = !order.is_row_major || order.spatial == 1;
    order.outer = has_block ? 1 : order.channels;
    order.block = has_block ? order.channels : 1;
    return order;
  }
  if (blocking.inner_nblks != 1 || blocking.inner_idxs[0] != 1) return std::nullopt;
  order.block = blocking.inner_blks[0];
  order.outer = extents[1] = data.padded_dims[1] / order.block;
  if (!lies_in_order(data, axes_of(data.ndims, false), extents, order.block)) return std::nullopt;
  return order;
}

memory::desc ordered_like(const memory::desc& like, const memory::dims& dims) {
  using Tag = memory::format_tag;
  static constexpr Tag kLast[] = {Tag::ab, Tag::acb, Tag::acdb, Tag::acdeb};
  static constexpr Tag kOf4[] = {Tag::undef, Tag::aBc4b, Tag::aBcd4b, Tag::aBcde4b};
  static constexpr Tag kOf8[] = {Tag::undef, Tag::aBc8b, Tag::aBcd8b, Tag::aBcde8b};
  static constexpr Tag kOf16[] = {Tag::undef, Tag::aBc16b, Tag::aBcd16b, Tag::aBcde16b};
  const auto order = channel_order(like);
  if (!order || dims.size() < 2 || dims.size() > 5) throw InternalError("no layout like " + format_text(like));
  if (order->is_row_major) return with_data_type(plain_desc(dims), like.data_type());
  const bool is_blocked = like.data.format_desc.blocking.inner_nblks > 0;
  const auto& tags = !is_blocked ? kLast : order->block == 16 ? kOf16 : order->block == 8 ? kOf8 : kOf4;
  return {dims, like.data_type(), tags[dims.size() - 2]};
}

void zero_padding(const ChannelOrder& order, float* data) {
  if (!order.has_padding()) return;
  const std::int64_t first = order.channels - (order.outer - 1) * order.block;
#pragma omp parallel for schedule(static)
  for (std::int64_t n = 0; n < order.batch; ++n) {
    float* at = data + ((n + 1) * order.outer - 1) * order.spatial * order.block;
    for (std::int64_t s = 0; s < order.spatial; ++s, at += order.block) std::fill(at + first, at + order.block, 0.0F);
  }
}

}  // namespace thaw::cpu
