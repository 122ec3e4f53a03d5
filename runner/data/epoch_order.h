#pragma once

#include <cstdint>

namespace thaw {

/// A random order of 0..size-1 for every epoch that is computed place by place: nothing is stored, any place of any
/// epoch is at hand at once, and a set of 10^9 samples costs no more memory than one of ten.
///
/// A Feistel network over rows x columns >= size: each round shifts the row by a random function of the column, or the
/// column by one of the row, which can be undone, so the whole is a permutation. What lands beyond size is sent through
/// again until it lands inside. The round functions are Philox, keyed by (seed, epoch).
/// Source: Black and Rogaway, "Ciphers with arbitrary finite domains" (2002), method 3 (generalized Feistel).
class EpochOrder {
 public:
  /// size > 0.
  EpochOrder(std::uint64_t seed, std::int64_t size);

  /// The sample at `place` (0..size-1) of `epoch`.
  std::int64_t at(std::uint64_t epoch, std::int64_t place) const;

 private:
  std::uint64_t seed_;
  std::uint64_t size_;
  std::uint64_t rows_;
  std::uint64_t columns_;
};

}  // namespace thaw
