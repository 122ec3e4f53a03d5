#pragma once

#include "tests/reference/tensor.h"

namespace thaw::reference {

/// One number an axis.
using Index = std::vector<std::int64_t>;

/// Visits every index of a shape in row-major order; a scalar has one, the empty index.
template <typename Visit>
void for_each_index(const Shape& shape, Visit visit) {
  Index index(shape.size(), 0);
  const std::int64_t count = element_count(shape);
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t rest = i;
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      index[axis] = rest % shape[axis];
      rest /= shape[axis];
    }
    visit(index);
  }
}

/// Position of an index in a row-major tensor.
inline std::int64_t position(const Shape& shape, const Index& index) {
  std::int64_t at = 0;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) at = at * shape[axis] + index.at(axis);
  return at;
}

inline double& element(Tensor& tensor, const Index& index) { return tensor.at(position(tensor.shape, index)); }
inline double element(const Tensor& tensor, const Index& index) { return tensor.at(position(tensor.shape, index)); }

/// ONNX's axis, negative from the end.
inline std::size_t real_axis(std::int64_t axis, const Shape& shape) {
  return static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::int64_t>(shape.size()) : axis);
}

}  // namespace thaw::reference
