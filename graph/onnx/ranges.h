#pragma once

#include <utility>
#include <vector>

#include "graph/onnx/node.h"

/// What a node's attributes or known inputs say, wherever the opset puts it. Both the computation while reading and the
/// converters to run-time operators ask here. All throw Unsupported.
namespace thaw::onnx_io {

/// A slice with every axis given: starts within the extent, steps of either sign, the result's shape.
struct SliceRange {
  std::vector<std::int64_t> starts, steps;
  Shape shape;
};
SliceRange slice_range(OnnxNode& node);

/// Axes of a reduction (Reduce*, in 0..rank-1) and what becomes of the shape.
struct Reduction {
  std::vector<std::int64_t> axes;
  bool keeps_dims = true;
  Shape shape(const Shape& data) const;
};
Reduction reduction_of(OnnxNode& node);

/// An axes list: an attribute in older opsets, input `input` from `since` on; empty if neither is there.
std::vector<std::int64_t> axes_of(OnnxNode& node, int input, std::int64_t since);

Shape wanted_shape(OnnxNode& node);  ///< Reshape: 0 and -1 resolved
Shape flat_shape(OnnxNode& node);    ///< Flatten
Shape squeezed_shape(OnnxNode& node);
Shape unsqueezed_shape(OnnxNode& node);
std::vector<std::int64_t> transpose_order(OnnxNode& node);
/// Clip: lower and upper limit, infinite where there is none.
std::pair<double, double> clip_limits(OnnxNode& node);
/// Indices into an axis: negative ones count from its end.
std::vector<std::int64_t> checked_indices(const Literal& indices, std::int64_t extent);

}  // namespace thaw::onnx_io
