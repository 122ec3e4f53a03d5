#pragma once

#include <cstdint>

/// bfloat16: the upper half of an f32, so that its range is kept and 8 bits of precision are left. Kernels compute in
/// f32 and round to the nearest (even on a tie) when they write.
namespace thaw::cpu {

struct BFloat16 {
  std::uint16_t bits = 0;
};

inline float to_float(BFloat16 value) {
  return __builtin_bit_cast(float, static_cast<std::uint32_t>(value.bits) << 16);
}

inline BFloat16 to_bfloat16(float value) {
  const auto word = __builtin_bit_cast(std::uint32_t, value);
  if ((word & 0x7FFFFFFFU) > 0x7F800000U)
    return {static_cast<std::uint16_t>(word >> 16 | 0x40U)};  // stays not-a-number
  return {static_cast<std::uint16_t>((word + 0x7FFFU + (word >> 16 & 1U)) >> 16)};
}

/// Rows of numbers; they must not overlap.
void to_floats(const BFloat16* from, std::int64_t count, float* to);
void to_bfloat16s(const float* from, std::int64_t count, BFloat16* to);

}  // namespace thaw::cpu
