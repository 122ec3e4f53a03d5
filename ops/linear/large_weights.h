#pragma once

#include <cstdint>

namespace thaw {

/// From so many on, dense weights lie as a matrix in the order of the rows they multiply, for all products of a step.
/// Left to itself oneDNN would have them reordered between one product and the next; for 1000 units of 2048 that takes
/// thirty times as long as the product itself.
inline constexpr std::int64_t kLargeWeights = std::int64_t{1} << 20;

}  // namespace thaw
