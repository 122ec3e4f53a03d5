#pragma once

#include <cstdint>

#include "ops/elementwise/math.h"

namespace thaw::functions {

/// One block of random numbers.
struct Draws {
  std::uint32_t a, b, c, d;
};

/// Philox4x32-10 for key `seed` and counter (block, step, 0), low words in front; the same numbers as the Random123
/// library's, whose form compilers do not turn into vectors (measured: 12 times slower).
/// Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011), section 3.3.
THAW_FUNCTION Draws philox(std::uint64_t seed, std::uint64_t block, std::uint32_t step) {
  auto key_low = static_cast<std::uint32_t>(seed), key_high = static_cast<std::uint32_t>(seed >> 32);
  Draws c{static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32), step, 0};
#pragma GCC unroll 10
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t first = std::uint64_t{0xD2511F53U} * c.a, second = std::uint64_t{0xCD9E8D57U} * c.c;
    c = {static_cast<std::uint32_t>(second >> 32) ^ c.b ^ key_low, static_cast<std::uint32_t>(second),
         static_cast<std::uint32_t>(first >> 32) ^ c.d ^ key_high, static_cast<std::uint32_t>(first)};
    key_low += 0x9E3779B9U;
    key_high += 0xBB67AE85U;
  }
  return c;
}

}  // namespace thaw::functions
