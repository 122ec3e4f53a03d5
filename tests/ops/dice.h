#pragma once

#include <algorithm>
#include <cstdint>
#include <random>

#include "graph/shape.h"

namespace thaw {

/// Draws the shapes and settings of random cases: the same ones for the same seed, on every machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : generator_(seed) {}

  /// A whole number from low to high, both included.
  std::int64_t roll(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(generator_() % static_cast<std::uint64_t>(high - low + 1));
  }
  /// `rank` extents from 1 to `most`.
  Shape shape(std::size_t rank, std::int64_t most) {
    Shape extents(rank);
    for (std::int64_t& extent : extents) extent = roll(1, most);
    return extents;
  }
  /// A picture whose channels fall on, before and beyond the edges of blocks.
  Shape picture() { return {roll(1, 3), roll(1, 40), roll(1, 7), roll(1, 7)}; }
  /// 0 .. count-1 in any order.
  Shape permutation(std::size_t count) {
    Shape order(count);
    for (std::size_t i = 0; i < count; ++i) order[i] = static_cast<std::int64_t>(i);
    for (std::size_t i = count; i-- > 1;) {
      std::swap(order[i], order[static_cast<std::size_t>(roll(0, static_cast<std::int64_t>(i)))]);
    }
    return order;
  }

 private:
  std::mt19937_64 generator_;
};

}  // namespace thaw
