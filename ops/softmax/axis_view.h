#pragma once

#include "graph/shape.h"

namespace thaw {

/// A row-major tensor seen as [outer][length][inner] around one axis.
struct AxisView {
  std::int64_t outer = 1, length = 1, inner = 1;

  /// A negative axis counts from the end.
  static AxisView of(const Shape& shape, std::int64_t axis) {
    if (axis < 0) axis += static_cast<std::int64_t>(shape.size());
    AxisView view;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      const auto at = static_cast<std::int64_t>(i);
      (at < axis ? view.outer : at == axis ? view.length : view.inner) *= shape[i];
    }
    return view;
  }
};

}  // namespace thaw
