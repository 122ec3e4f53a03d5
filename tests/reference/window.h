#pragma once

#include "graph/graph.h"

namespace thaw::reference {

/// ONNX's 2-D window attributes: pads are top, left, bottom, right.
struct WindowAttributes {
  std::vector<std::int64_t> kernel, strides, pads, dilations;

  explicit WindowAttributes(const Attributes& attributes)
      : kernel(attributes.integers("kernel_shape")),
        strides(attributes.integers("strides", {1, 1})),
        pads(attributes.integers("pads", {0, 0, 0, 0})),
        dilations(attributes.integers("dilations", {1, 1})) {}

  /// ONNX: floor((input + pads - ((kernel - 1) * dilation + 1)) / stride) + 1.
  std::int64_t output_extent(std::size_t axis, std::int64_t input) const {
    const std::int64_t covered = (kernel.at(axis) - 1) * dilations.at(axis) + 1;
    return (input + pads.at(axis) + pads.at(axis + 2) - covered) / strides.at(axis) + 1;
  }
};

/// Where one element of a window lands: output pixel, kernel element, input pixel.
struct Tap {
  std::int64_t out_y, out_x, kernel_y, kernel_x, in_y, in_x;
};

/// Visits every tap of one output pixel that lies inside the picture, in row order.
template <typename Visit>
void for_each_tap_of(const WindowAttributes& window, const Shape& input, std::int64_t out_y, std::int64_t out_x,
                     Visit visit) {
  for (std::int64_t ky = 0; ky < window.kernel[0]; ++ky) {
    for (std::int64_t kx = 0; kx < window.kernel[1]; ++kx) {
      const std::int64_t y = out_y * window.strides[0] - window.pads[0] + ky * window.dilations[0];
      const std::int64_t x = out_x * window.strides[1] - window.pads[1] + kx * window.dilations[1];
      if (y >= 0 && y < input[2] && x >= 0 && x < input[3]) visit(Tap{out_y, out_x, ky, kx, y, x});
    }
  }
}

/// The same for every output pixel.
template <typename Visit>
void for_each_tap(const WindowAttributes& window, const Shape& input, const Shape& output, Visit visit) {
  for (std::int64_t y = 0; y < output[2]; ++y) {
    for (std::int64_t x = 0; x < output[3]; ++x) for_each_tap_of(window, input, y, x, visit);
  }
}

}  // namespace thaw::reference
