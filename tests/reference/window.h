#pragma once

#include <algorithm>
#include <array>

#include "graph/graph.h"
#include "tests/reference/tensor.h"

namespace thaw::reference {

/// Depth, height, width; an axis that a picture lacks counts as extent 1.
using Axes = std::array<std::int64_t, 3>;

inline Axes axes_of(const std::vector<std::int64_t>& numbers, std::int64_t missing) {
  Axes axes{missing, missing, missing};
  std::copy_backward(numbers.begin(), numbers.end(), axes.end());
  return axes;
}

/// The extents of a shape's spatial axes, which follow batch and channels.
inline Axes extents_of(const Shape& shape) { return axes_of({shape.begin() + 2, shape.end()}, 1); }

inline std::int64_t product_of(const Axes& extents) { return extents[0] * extents[1] * extents[2]; }

/// ONNX's window attributes over one to three spatial axes: pads are all begins, then all ends.
struct WindowAttributes {
  Axes kernel, strides, begins, ends, dilations;
  bool rounds_up;

  WindowAttributes(const Attributes& attributes, std::size_t rank)
      : kernel(axes_of(attributes.integers("kernel_shape"), 1)),
        strides(axes_of(attributes.integers("strides"), 1)),
        dilations(axes_of(attributes.integers("dilations"), 1)),
        rounds_up(attributes.integer("ceil_mode") != 0) {
    const auto pads = attributes.integers("pads", std::vector<std::int64_t>(2 * (rank - 2), 0));
    const auto middle = pads.begin() + static_cast<std::ptrdiff_t>(pads.size() / 2);
    begins = axes_of({pads.begin(), middle}, 0);
    ends = axes_of({middle, pads.end()}, 0);
  }

  /// ONNX: floor((input + pads - ((kernel - 1) * dilation + 1)) / stride) + 1, with ceil for floor if ceil_mode is set;
  /// "sliding windows that would start in the right padded region are ignored".
  std::int64_t output_extent(std::size_t axis, std::int64_t input) const {
    const std::int64_t covered = (kernel[axis] - 1) * dilations[axis] + 1;
    const std::int64_t rest = input + begins[axis] + ends[axis] - covered;
    std::int64_t count = rest / strides[axis] + 1;
    if (rounds_up && rest % strides[axis] > 0) ++count;
    while (rounds_up && (count - 1) * strides[axis] >= input + begins[axis]) --count;
    return count;
  }

  /// batch x channels x the output's extents for a picture of `input`.
  Shape output_shape(const Shape& input, std::int64_t channels) const {
    Shape shape{input[0], channels};
    const Axes extents = extents_of(input);
    for (std::size_t axis = 5 - input.size(); axis < 3; ++axis) shape.push_back(output_extent(axis, extents[axis]));
    return shape;
  }
};

/// Where one element of a window lands: output pixel, kernel element, input pixel, each counted in row order.
/// `is_inside` tells whether the input pixel exists; it is not counted otherwise.
struct Tap {
  std::int64_t out, kernel, in;
  bool is_inside;
  Axes position;  ///< of the input pixel; negative or beyond the extents in the padding
};

inline std::int64_t row_order(const Axes& at, const Axes& extents) {
  return (at[0] * extents[1] + at[1]) * extents[2] + at[2];
}

/// Visits every (d, h, w) below `extents`, in row order.
template <typename Visit>
void for_each_position(const Axes& extents, Visit visit) {
  Axes at;
  for (at[0] = 0; at[0] < extents[0]; ++at[0]) {
    for (at[1] = 0; at[1] < extents[1]; ++at[1]) {
      for (at[2] = 0; at[2] < extents[2]; ++at[2]) visit(at);
    }
  }
}

/// Visits every tap of one output pixel, those in the padding too, in row order.
template <typename Visit>
void for_each_tap_or_pad(const WindowAttributes& window, const Axes& input, const Axes& out, const Axes& output,
                         Visit visit) {
  for_each_position(window.kernel, [&](const Axes& k) {
    Tap tap{row_order(out, output), row_order(k, window.kernel), 0, true, {}};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const std::int64_t at = out[axis] * window.strides[axis] - window.begins[axis] + k[axis] * window.dilations[axis];
      tap.position[axis] = at;
      tap.is_inside = tap.is_inside && at >= 0 && at < input[axis];
    }
    if (tap.is_inside) tap.in = row_order(tap.position, input);
    visit(tap);
  });
}

/// Visits every tap of one output pixel that lies inside the picture, in row order.
template <typename Visit>
void for_each_tap_of(const WindowAttributes& window, const Axes& input, const Axes& out, const Axes& output,
                     Visit visit) {
  for_each_tap_or_pad(window, input, out, output, [&](const Tap& tap) {
    if (tap.is_inside) visit(tap);
  });
}

/// The same for every output pixel.
template <typename Visit>
void for_each_tap(const WindowAttributes& window, const Axes& input, const Axes& output, Visit visit) {
  for_each_position(output, [&](const Axes& out) { for_each_tap_of(window, input, out, output, visit); });
}

}  // namespace thaw::reference
