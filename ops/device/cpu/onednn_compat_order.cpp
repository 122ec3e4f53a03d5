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
bool lies_in_order(const Shape& strides, const std::vector<int>& axes, const Shape& extents, std::int64_t inner) {
  for (std::size_t i = axes.size(); i-- > 0;) {
    const auto axis = static_cast<std::size_t>(axes[i]);
    if (extents[axis] != 1 && strides[axis] != inner) return false;
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
  const auto blocking = blocking_of(desc);
  if (!blocking || blocking->rank() < 2) return std::nullopt;
  Shape extents = blocking->extents;
  const Shape& padded = blocking->padded_extents;
  ChannelOrder order;
  order.batch = extents[0];
  order.channels = extents[1];
  order.extents.assign(extents.begin() + 2, extents.end());
  order.spatial = element_count(order.extents);
  for (std::size_t axis = 0; axis < extents.size(); ++axis) {
    if (axis != 1 && padded[axis] != extents[axis]) return std::nullopt;
  }
  const auto lies_with = [&](bool has_channels_last, std::int64_t inner) {
    return lies_in_order(blocking->strides, axes_of(blocking->rank(), has_channels_last), extents, inner);
  };
  if (blocking->inner.empty()) {
    if (padded[1] != extents[1]) return std::nullopt;
    order.is_row_major = lies_with(false, 1);
    if (!order.is_row_major && !lies_with(true, 1)) return std::nullopt;
    const bool has_block = !order.is_row_major || order.spatial == 1;
    order.outer = has_block ? 1 : order.channels;
    order.block = has_block ? order.channels : 1;
    return order;
  }
  if (blocking->inner.size() != 1 || blocking->inner[0].axis != 1) return std::nullopt;
  order.block = blocking->inner[0].size;
  order.outer = extents[1] = padded[1] / order.block;
  if (!lies_with(false, order.block)) return std::nullopt;
  return order;
}

memory::desc ordered_like(const memory::desc& like, const memory::dims& dims) {
  using Tag = memory::format_tag;
  static constexpr Tag kRowMajor[] = {Tag::ab, Tag::abc, Tag::abcd, Tag::abcde};
  static constexpr Tag kLast[] = {Tag::ab, Tag::acb, Tag::acdb, Tag::acdeb};
  const auto order = channel_order(like);
  if (!order || dims.size() < 2 || dims.size() > 5) throw InternalError("no layout like " + format_text(like));
  const memory::format_tag tag = order->is_row_major                ? kRowMajor[dims.size() - 2]
                                 : blocking_of(like)->inner.empty() ? kLast[dims.size() - 2]
                                                                    : channel_block_tag(dims.size(), order->block);
  return {dims, data_type_of(like), tag};
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
