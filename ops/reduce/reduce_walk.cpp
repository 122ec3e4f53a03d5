#include "ops/reduce/reduce_walk.h"

#include <algorithm>

#include "ops/device/cpu/onednn.h"
#include "ops/device/cpu/onednn_compat_order.h"

namespace thaw::cpu {
namespace {

std::vector<ReduceAxis> merged(const std::vector<ReduceAxis>& axes) {
  std::vector<ReduceAxis> result;
  for (const ReduceAxis& axis : axes) {
    if (axis.extent == 1) continue;
    const bool is_one = !result.empty() && result.back().is_reduced == axis.is_reduced &&
                        result.back().stride == axis.extent * axis.stride &&
                        (axis.is_reduced || result.back().out_stride == axis.extent * axis.out_stride);
    if (is_one) {
      const std::int64_t extent = result.back().extent * axis.extent;
      result.back() = axis;
      result.back().extent = extent;
    } else {
      result.push_back(axis);
    }
  }
  if (result.empty()) result.push_back({1, 1, 1, false});
  return result;
}

/// By axis, the step in a row-major output of these extents that keeps the axes that are not reduced.
std::vector<std::int64_t> output_strides(const Shape& shape, const Reduction& reduction) {
  std::vector<std::int64_t> strides(shape.size(), 0);
  std::int64_t stride = 1;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    if (reduction.is_reduced[axis]) continue;
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/// Fills in the steps through the input, which is dense in the order of the axes.
void set_strides(std::vector<ReduceAxis>& axes) {
  std::int64_t stride = 1;
  for (std::size_t i = axes.size(); i-- > 0; stride *= axes[i].extent) axes[i].stride = stride;
}

bool can_walk(const ChannelOrder& order, const Reduction& reduction) {
  if (order.is_row_major) return false;  // the plain walk is the same
  if (!order.has_padding()) return true;
  const bool keeps_pixels = std::count(reduction.is_reduced.begin() + 2, reduction.is_reduced.end(), false) > 0;
  return !reduction.is_reduced[1] && !(keeps_pixels && order.spatial > 1);
}

}  // namespace

ReduceWalk reduce_walk(const BindContext& context, const Reduction& reduction) {
  Shape shape = context.input_type(0).shape;
  ReduceWalk walk;
  walk.layout = input_layout_or_plain(context, 0);
  const auto order = channel_order(desc_of(walk.layout));
  if (order && can_walk(*order, reduction)) {
    walk.channels = order->channels;
    walk.padded = shape[1] = order->padded_channels();
    walk.rows = reduction.is_reduced[0] ? 1 : order->batch;
    const auto out = output_strides(shape, reduction);
    walk.axes.push_back({order->batch, 0, out[0], reduction.is_reduced[0]});
    walk.axes.push_back({order->outer, 0, order->block * out[1], reduction.is_reduced[1]});
    for (std::size_t axis = 2; axis < shape.size(); ++axis) {
      walk.axes.push_back({shape[axis], 0, out[axis], reduction.is_reduced[axis]});
    }
    walk.axes.push_back({order->block, 0, out[1], reduction.is_reduced[1]});
  } else {
    walk.layout = layout_of(plain_desc(context.input_type(0)));
    const auto out = output_strides(shape, reduction);
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      walk.axes.push_back({shape[axis], 0, out[axis], reduction.is_reduced[axis]});
    }
  }
  set_strides(walk.axes);
  walk.axes = merged(walk.axes);
  return walk;
}

}  // namespace thaw::cpu
