#include "graph/window_pads.h"

#include <algorithm>

namespace thaw {
namespace {

std::int64_t at_or(const Shape& numbers, std::size_t axis, std::int64_t fallback) {
  return numbers.empty() ? fallback : numbers.at(axis);
}

/// How many elements the window covers along an axis, gaps included.
std::int64_t covered(const WindowExtents& window, std::size_t axis) {
  return (window.kernel.at(axis) - 1) * at_or(window.dilations, axis, 1) + 1;
}

/// Puts `total` elements of padding on both sides of an axis, the odd one at the end or at the beginning.
void share_out(std::int64_t total, bool has_odd_at_end, std::size_t axis, Shape& pads) {
  const std::int64_t less = total / 2;
  pads[axis] = has_odd_at_end ? less : total - less;
  pads[axis + pads.size() / 2] = total - pads[axis];
}

}  // namespace

Shape auto_pads(AutoPad mode, const Shape& inputs, const WindowExtents& window) {
  Shape pads(2 * inputs.size(), 0);
  if (mode == AutoPad::kValid) return pads;
  for (std::size_t axis = 0; axis < inputs.size(); ++axis) {
    const std::int64_t stride = at_or(window.strides, axis, 1);
    const std::int64_t outputs = (inputs[axis] + stride - 1) / stride;
    const std::int64_t total = (outputs - 1) * stride + covered(window, axis) - inputs[axis];
    share_out(std::max<std::int64_t>(total, 0), mode == AutoPad::kSameUpper, axis, pads);
  }
  return pads;
}

TransposePads transpose_pads(AutoPad mode, const Shape& inputs, const Shape& outputs, const WindowExtents& window,
                             const Shape& output_padding) {
  TransposePads found{Shape(2 * inputs.size(), 0), Shape(inputs.size(), 0)};
  for (std::size_t axis = 0; axis < inputs.size(); ++axis) {
    const std::int64_t added = at_or(output_padding, axis, 0);
    const std::int64_t stride = at_or(window.strides, axis, 1);
    const std::int64_t total = stride * (inputs[axis] - 1) + added + covered(window, axis) - outputs.at(axis);
    share_out(std::max<std::int64_t>(total, 0), mode == AutoPad::kSameUpper, axis, found.pads);
    found.output_padding[axis] = added - std::min<std::int64_t>(total, 0);
  }
  return found;
}

}  // namespace thaw
