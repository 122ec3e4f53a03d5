#pragma once

#include <random>

#include "graph/shape.h"

namespace thaw {

/// Shapes for case tables, the same at every run: extents 1..7, and channels that fill blocks or do not.
class RandomShapes {
 public:
  explicit RandomShapes(std::uint64_t seed) : generator_(seed) {}

  std::int64_t below(std::int64_t limit) {
    return static_cast<std::int64_t>(generator_() % static_cast<std::uint64_t>(limit));
  }
  Shape next(std::size_t rank) {
    static constexpr std::int64_t kChannels[] = {1, 3, 16, 17, 33};
    Shape shape;
    for (std::size_t axis = 0; axis < rank; ++axis) shape.push_back(axis == 1 ? kChannels[below(5)] : 1 + below(7));
    return shape;
  }

 private:
  std::mt19937_64 generator_;
};

}  // namespace thaw
