#pragma once

#include "graph/op_def.h"

namespace thaw {

/// A 2-D sliding window: the geometry that convolutions and poolings share.
struct Window {
  std::int64_t kernel[2] = {1, 1};
  std::int64_t strides[2] = {1, 1};
  std::int64_t pads_begin[2] = {0, 0};
  std::int64_t pads_end[2] = {0, 0};
  std::int64_t dilations[2] = {1, 1};

  /// Reads ONNX's kernel_shape, strides, pads (top, left, bottom, right) and dilations.
  static Window of(const Attributes& attributes);
  /// Output extents for an input of height x width: floor((in + pads - dilated kernel) / stride) + 1.
  /// Throws GraphError (kernel_shape) if the window does not fit.
  Shape output_extents(const InferContext& context, std::int64_t height, std::int64_t width) const;
};

/// Throws GraphError unless input `i` has `rank` extents.
void expect_rank(const InferContext& context, int i, std::size_t rank, const char* meaning);

}  // namespace thaw
