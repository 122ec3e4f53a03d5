#pragma once

#include "graph/op_def.h"

namespace thaw {

/// A sliding window over one to three spatial axes: the geometry that convolutions and poolings share. Each list has
/// one number an axis. Where ONNX leaves pads to auto_pad, graph/window_pads.h computes them.
struct Window {
  Shape kernel, strides, pads_begin, pads_end, dilations;
  bool rounds_up = false;  ///< a last window may hang over the padding's end (ceil_mode)

  /// Reads ONNX's kernel_shape, strides, pads (all begins, then all ends), dilations and ceil_mode; what is left out
  /// has ONNX's default. The kernels' way in: the attributes passed inference.
  static Window of(const Attributes& attributes, std::size_t axes);
  /// The same for inference. Throws GraphError naming the attribute that has a wrong number or count of numbers.
  static Window checked(const InferContext& context, std::size_t axes);

  std::size_t axes() const { return kernel.size(); }
  /// Elements that the window covers along an axis, gaps included.
  std::int64_t covered(std::size_t axis) const { return (kernel[axis] - 1) * dilations[axis] + 1; }
  /// Output extents for `inputs` spatial extents: floor((in + pads - covered) / stride) + 1, or with the ceiling; no
  /// window starts in the padding at the end.
  /// Throws GraphError (kernel_shape) if the window does not fit. Source: ONNX Conv-11, MaxPool-12, AveragePool-19.
  Shape output_extents(const InferContext& context, const Shape& inputs) const;
};

/// The extents after batch and channels.
Shape spatial_extents(const Shape& shape);
/// batch x channels x extents.
Shape picture_shape(std::int64_t batch, std::int64_t channels, const Shape& extents);

/// Throws GraphError unless input `i` has `rank` extents.
void expect_rank(const InferContext& context, int i, std::size_t rank, const char* meaning);
/// Throws GraphError unless input `i` has batch, channels and one to three spatial extents.
void expect_picture(const InferContext& context, int i);

}  // namespace thaw
