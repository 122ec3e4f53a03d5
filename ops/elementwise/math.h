#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

// Exponentials and their kin, in f32 and without branches or calls, so that a loop over them becomes vector code on
// every instruction set (the C library's are one call an element). Relative errors are a few roundings; NaN passes on.
// On a GPU the library's own functions are as fast and take their place.
#if defined(__CUDACC__)
#define THAW_FUNCTION __host__ __device__ __forceinline__
#else
#define THAW_FUNCTION __attribute__((always_inline)) inline
#endif

namespace thaw::functions {

inline constexpr float kInfinity = std::numeric_limits<float>::infinity();

namespace detail {

/// x = n ln 2 + rest with |rest| <= ln 2 / 2, for |x| up to 104.
struct Octaves {
  float rest;
  std::int32_t n;
};

THAW_FUNCTION Octaves octaves(float x) {
  // A sum beyond 2^23 has no fraction bits left: it is rounded, and its low bits are the integer.
  constexpr float kRounder = 12582912.0F;  // 1.5 * 2^23
  const float shifted = x * 1.44269504F + kRounder;
  const float n = shifted - kRounder;
  // ln 2 in two parts; the first has so few bits that its product with n is exact.
  const float rest = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  return {rest, std::bit_cast<std::int32_t>(shifted) - std::bit_cast<std::int32_t>(kRounder)};
}

/// 2^n for -126 <= n <= 127.
THAW_FUNCTION float power_of_two(std::int32_t n) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(n + 127) << 23);
}

/// e^r - 1 for |r| <= ln 2 / 2: the Taylor series up to r^7, whose rest is below 6e-9 of the result.
THAW_FUNCTION float expm1_near_zero(float r) {
  const float tail = 0.5F + r * (1.0F / 6 + r * (1.0F / 24 + r * (1.0F / 120 + r * (1.0F / 720 + r * (1.0F / 5040)))));
  return r + r * r * tail;
}

}  // namespace detail

THAW_FUNCTION float exp(float x) {
#if defined(__CUDA_ARCH__)
  return ::expf(x);
#else
  x = x < -104.0F ? -104.0F : x;  // 0 already
  x = x > 89.0F ? 89.0F : x;      // infinity already
  const detail::Octaves o = detail::octaves(x);
  // Two factors, because 2^128 is not a number of f32 while e^88.5 is.
  const std::int32_t half = o.n >> 1;
  return (1.0F + detail::expm1_near_zero(o.rest)) * detail::power_of_two(half) * detail::power_of_two(o.n - half);
#endif
}

/// e^x - 1 without the cancellation near 0; x up to 88.
THAW_FUNCTION float expm1(float x) {
#if defined(__CUDA_ARCH__)
  return ::expm1f(x);
#else
  x = x < -20.0F ? -20.0F : x;  // -1 already
  x = x > 88.0F ? 88.0F : x;
  const detail::Octaves o = detail::octaves(x);
  const float scale = detail::power_of_two(o.n);
  return detail::expm1_near_zero(o.rest) * scale + (scale - 1.0F);
#endif
}

THAW_FUNCTION float tanh(float x) {
#if defined(__CUDA_ARCH__)
  return ::tanhf(x);
#else
  x = x < -10.0F ? -10.0F : x;  // -1 already
  x = x > 10.0F ? 10.0F : x;
  const float e = expm1(2.0F * x);
  return e / (e + 2.0F);
#endif
}

THAW_FUNCTION float sigmoid(float x) { return 1.0F / (1.0F + exp(-x)); }

/// ln x: x = 2^e m with m in [sqrt(1/2), sqrt(2)), and ln m = 2 artanh(s), s = (m - 1) / (m + 1), |s| < 0.172.
THAW_FUNCTION float log(float x) {
#if defined(__CUDA_ARCH__)
  return ::logf(x);
#else
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::int32_t e = static_cast<std::int32_t>(bits - 0x3F3504F3U) >> 23;  // 0x3F3504F3 is sqrt(1/2)
  const float f = std::bit_cast<float>(bits - (static_cast<std::uint32_t>(e) << 23)) - 1.0F;
  const float s = f / (2.0F + f), z = s * s;
  const float series = z * (1.0F / 3 + z * (1.0F / 5 + z * (1.0F / 7 + z * (1.0F / 9))));
  const auto n = static_cast<float>(e);
  float y = n * 0.693359375F + ((2.0F * s + 2.0F * s * series) - n * 2.12194440e-4F);
  y = x == kInfinity ? x : y;
  y = x > 0 ? y : std::numeric_limits<float>::quiet_NaN();
  return x == 0 ? -kInfinity : y;
#endif
}

/// ln(1 + u) for 0 <= u <= 1, by the same series with |s| <= 1/3.
THAW_FUNCTION float log1p_of_unit(float u) {
  const float s = u / (2.0F + u), z = s * s;
  const float low = 1.0F / 3 + z * (1.0F / 5 + z * (1.0F / 7 + z * (1.0F / 9)));
  const float high = 1.0F / 11 + z * (1.0F / 13 + z * (1.0F / 15 + z * (1.0F / 17)));
  return 2.0F * s + 2.0F * s * z * (low + z * z * z * z * high);
}

/// ln(1 + e^x), which neither overflows nor cancels.
THAW_FUNCTION float softplus(float x) {
  const float magnitude = x < 0 ? -x : x;
  return (x > 0 ? x : 0.0F) + log1p_of_unit(exp(-magnitude));
}

/// Near 0 the Taylor series (up to x^19; the rest is below 2e-8 for |x| <= 1), further out 1 - erfc with the
/// Chebyshev fit of Press et al., "Numerical Recipes", section 6.2 (erfcc), whose relative error is below 1.2e-7.
THAW_FUNCTION float erf(float x) {
#if defined(__CUDA_ARCH__)
  return ::erff(x);
#else
  const float a = x < 0 ? -x : x, q = x * x;
  const float near_high = 1.0F / 9360 + q * (-1.0F / 75600 + q * (1.0F / 685440 + q * (-1.0F / 6894720)));
  const float near_low = 1.0F + q * (-1.0F / 3 + q * (1.0F / 10 + q * (-1.0F / 42 + q * (1.0F / 216 - q / 1320))));
  const float near = 1.12837917F * x * (near_low + q * q * q * q * q * q * near_high);

  const float t = 1.0F / (1.0F + 0.5F * a);
  const float inner =
      -0.18628806F + t * (0.27886807F + t * (-1.13520398F + t * (1.48851587F + t * (-0.82215223F + t * 0.17087277F))));
  const float fit = -1.26551223F + t * (1.00002368F + t * (0.37409196F + t * (0.09678418F + t * inner)));
  const float far = 1.0F - t * exp(fit - a * a);
  return a < 1 ? near : x < 0 ? -far : far;
#endif
}

}  // namespace thaw::functions
