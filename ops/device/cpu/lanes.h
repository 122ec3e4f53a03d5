#pragma once

#include <cstdint>

#include "ops/device/cpu/bfloat16.h"

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
  using Words = std::uint32_t __attribute__((vector_size(64)));
  using Halves = std::uint16_t __attribute__((vector_size(32), aligned(2), may_alias));  ///< bfloat16 in a tensor
};

struct Lanes8 {
  static constexpr std::int64_t kCount = 8;
  using Float = float __attribute__((vector_size(32)));
  using Int = std::int32_t __attribute__((vector_size(32)));
  using Memory = float __attribute__((vector_size(32), aligned(4), may_alias));
  using Words = std::uint32_t __attribute__((vector_size(32)));
  using Halves = std::uint16_t __attribute__((vector_size(16), aligned(2), may_alias));
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

template <typename Lanes>
THAW_INLINE inline void load(const float* at, typename Lanes::Float& to) {
  to = lanes<Lanes>(at);
}
template <typename Lanes>
THAW_INLINE inline void store(const typename Lanes::Float& from, float* at) {
  lanes<Lanes>(at) = from;
}

// bfloat16: widened, and rounded as to_bfloat16 does.
template <typename Lanes>
THAW_INLINE inline void load(const BFloat16* at, typename Lanes::Float& to) {
  if constexpr (Lanes::kCount == 1) {
    to = to_float(*at);
  } else {
    using Words = typename Lanes::Words;
    const Words words = __builtin_convertvector(*reinterpret_cast<const typename Lanes::Halves*>(at), Words) << 16;
    to = reinterpret_cast<typename Lanes::Float>(words);
  }
}
template <typename Lanes>
THAW_INLINE inline void round(const typename Lanes::Float& from, typename Lanes::Halves& to) {
  using Words = typename Lanes::Words;
  const Words words = reinterpret_cast<Words>(from);
  const Words rounded = (words + 0x7FFFU + (words >> 16 & 1U)) >> 16;
  const Words kept = (words & 0x7FFFFFFFU) > 0x7F800000U ? (words >> 16 | 0x40U) : rounded;
  to = __builtin_convertvector(kept, typename Lanes::Halves);
}
template <typename Lanes>
THAW_INLINE inline void store(const typename Lanes::Float& from, BFloat16* at) {
  if constexpr (Lanes::kCount == 1) {
    *at = to_bfloat16(from);
  } else {
    round<Lanes>(from, *reinterpret_cast<typename Lanes::Halves*>(at));
  }
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
