#pragma once

#include <vector>

#include "graph/attribute.h"
#include "graph/shape.h"

namespace thaw {

/// Which axes of a tensor a reduction runs over: ONNX's `axes` (absent or empty: all; negative ones count from the
/// end) and `keepdims` (default 1).
struct Reduction {
  std::vector<bool> is_reduced;  ///< by axis
  bool keeps_axes = true;

  /// Axes out of range are left out: shape inference has refused them.
  static Reduction of(const Attributes& attributes, std::size_t rank) {
    Reduction reduction{std::vector<bool>(rank, false), attributes.integer("keepdims", 1) != 0};
    const auto axes = attributes.integers("axes");
    if (axes.empty()) reduction.is_reduced.assign(rank, true);
    for (std::int64_t axis : axes) {
      if (axis < 0) axis += static_cast<std::int64_t>(rank);
      if (axis >= 0 && axis < static_cast<std::int64_t>(rank))
        reduction.is_reduced[static_cast<std::size_t>(axis)] = true;
    }
    return reduction;
  }

  /// The result's extents with 1 for each reduced axis.
  Shape kept_extents(const Shape& shape) const {
    Shape extents = shape;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      if (is_reduced[axis]) extents[axis] = 1;
    }
    return extents;
  }

  Shape output_shape(const Shape& shape) const {
    if (keeps_axes) return kept_extents(shape);
    Shape extents;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      if (!is_reduced[axis]) extents.push_back(shape[axis]);
    }
    return extents;
  }

  /// How many numbers make one result.
  std::int64_t length(const Shape& shape) const {
    std::int64_t count = 1;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) count *= is_reduced[axis] ? shape[axis] : 1;
    return count;
  }
};

}  // namespace thaw
