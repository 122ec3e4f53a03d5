#include "graph/window_pads.h"

#include <algorithm>
#include <stdexcept>

namespace thaw {
namespace {

/// `total` on both sides of an axis; the odd one last or first.
void place(Shape& pads, std::size_t axis, std::int64_t total, bool odd_is_last) {
  const std::int64_t small = total / 2, large = total - small;
  pads[axis] = odd_is_last ? small : large;
  pads[axis + pads.size() / 2] = odd_is_last ? large : small;
}

}  // namespace

Shape auto_pads(const std::string& auto_pad, const Shape& inputs, const Shape& kernel, const Shape& strides,
                const Shape& dilations) {
  Shape pads(2 * inputs.size(), 0);
  if (auto_pad == "VALID" || auto_pad == "NOTSET") return pads;
  if (auto_pad != "SAME_UPPER" && auto_pad != "SAME_LOWER")
    throw std::invalid_argument("auto_pad " + auto_pad + " is unknown");
  for (std::size_t axis = 0; axis < inputs.size(); ++axis) {
    if (strides[axis] < 1) throw std::invalid_argument("strides must be at least 1");
    const std::int64_t out = (inputs[axis] + strides[axis] - 1) / strides[axis];
    const std::int64_t covered = (kernel[axis] - 1) * dilations[axis] + 1;
    const std::int64_t total = std::max<std::int64_t>((out - 1) * strides[axis] + covered - inputs[axis], 0);
    place(pads, axis, total, auto_pad == "SAME_UPPER");
  }
  return pads;
}

Shape transposed_pads(const std::string& auto_pad, const Shape& inputs, const Shape& outputs, const Shape& kernel,
                      const Shape& strides, const Shape& dilations, const Shape& output_padding) {
  Shape pads(2 * inputs.size(), 0);
  for (std::size_t axis = 0; axis < inputs.size(); ++axis) {
    const std::int64_t covered = (kernel[axis] - 1) * dilations[axis] + 1;
    const std::int64_t full = strides[axis] * (inputs[axis] - 1) + output_padding[axis] + covered;
    place(pads, axis, full - outputs[axis], auto_pad == "SAME_UPPER");
  }
  return pads;
}

}  // namespace thaw
