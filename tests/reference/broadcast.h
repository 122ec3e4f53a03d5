#pragma once

#include <algorithm>

#include "tests/reference/tensor.h"

namespace thaw::reference {

/// The place of a row-major element in a shape, axis by axis.
inline Shape place_of(std::int64_t element, const Shape& shape) {
  Shape place(shape.size());
  for (std::size_t axis = shape.size(); axis-- > 0; element /= shape[axis]) place[axis] = element % shape[axis];
  return place;
}

/// The element of `shape` that numpy's broadcasting puts at `place` of a larger shape: axes are aligned at the last,
/// and an extent of 1 is repeated.
inline std::int64_t element_at(const Shape& place, const Shape& shape) {
  std::int64_t element = 0;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const std::int64_t index = place.at(axis + place.size() - shape.size());
    element = element * shape[axis] + (shape[axis] == 1 ? 0 : index);
  }
  return element;
}

/// The shape that numpy gives two shapes that go together.
inline Shape broadcast_of(const Shape& a, const Shape& b) {
  Shape result(std::max(a.size(), b.size()), 1);
  for (const Shape* shape : {&a, &b}) {
    for (std::size_t i = 0; i < shape->size(); ++i) {
      std::int64_t& extent = result[result.size() - 1 - i];
      extent = std::max(extent, (*shape)[shape->size() - 1 - i]);
    }
  }
  return result;
}

}  // namespace thaw::reference
