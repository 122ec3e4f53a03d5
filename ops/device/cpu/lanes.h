#pragma once

#include <cstdint>

// Loops over channels that lie side by side, written once for 16, 8 and 1 of them. Vectors by name, because tensors may
// share memory (in place), and a compiler that must expect overlap falls back to one element at a time.
//
// A loop body is a template over the lane count, always inlined, so that each instruction set's clone of the function
// around it (THAW_SIMD_CLONES) compiles its own. Vectors are never passed or returned by value: that has no stable ABI.
#define THAW_INLINE __attribute__((always_inline))

namespace thaw::cpu {

struct Lanes16 {
  static constexpr std::int64_t kCount = 16;
  using Float = float __attribute__((vector_size(64)));
  using Int = std::int32_t __attribute__((vector_size(64)));
  using Memory = float __attribute__((vector_size(64), aligned(4), may_alias));  ///< as it lies in a tensor
};

struct Lanes8 {
  static constexpr std::int64_t kCount = 8;
  using Float = float __attribute__((vector_size(32)));
  using Int = std::int32_t __attribute__((vector_size(32)));
  using Memory = float __attribute__((vector_size(32), aligned(4), may_alias));
};

struct Lanes1 {
  static constexpr std::int64_t kCount = 1;
  using Float = float;
  using Int = std::int32_t;
  using Memory = float;
};

template <typename Lanes>
THAW_INLINE inline const typename Lanes::Memory& lanes(const float* at) {
  return *reinterpret_cast<const typename Lanes::Memory*>(at);
}
template <typename Lanes>
THAW_INLINE inline typename Lanes::Memory& lanes(float* at) {
  return *reinterpret_cast<typename Lanes::Memory*>(at);
}

/// Calls body(Lanes16(), c), then Lanes8, then Lanes1, until the channels from 0 to `count` are done.
template <typename Body>
THAW_INLINE inline void for_each_lanes(std::int64_t count, const Body& body) {
  std::int64_t c = 0;
  for (; c + 16 <= count; c += 16) body(Lanes16(), c);
  for (; c + 8 <= count; c += 8) body(Lanes8(), c);
  for (; c < count; ++c) body(Lanes1(), c);
}

/// Sums over the pixels of one plane [pixels][block], for `count` of the channels that lie side by side in it.
void sum_pixels(const float* plane, std::int64_t pixels, std::int64_t block, std::int64_t count, float* sums);

}  // namespace thaw::cpu
