#include "runner/data/noise.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace thaw {
namespace {

constexpr int kLanes = 16;

struct Xorshift128 {
  std::array<std::uint32_t, kLanes> x, y, z, w;

  explicit Xorshift128(Draws& draws) {
    for (auto* part : {&x, &y, &z, &w}) {
      for (std::uint32_t& word : *part) word = draws.next();
    }
  }

  const std::array<std::uint32_t, kLanes>& next() {
    for (int i = 0; i < kLanes; ++i) {
      const std::uint32_t t = x[i] ^ x[i] << 11;
      x[i] = y[i];
      y[i] = z[i];
      z[i] = w[i];
      w[i] = w[i] ^ w[i] >> 19 ^ t ^ t >> 8;
    }
    return w;
  }
};

// The polynomials below interpolate at Chebyshev nodes; their greatest errors are measured.

// ln(u) for 0 < u <= 1, within 1.5e-6.
inline float log_of(float u) {
  const auto bits = std::bit_cast<std::uint32_t>(u);
  const auto exponent = static_cast<float>(static_cast<std::int32_t>(bits >> 23) - 127);
  const float m = std::bit_cast<float>((bits & 0x007fffffU) | 0x3f800000U) - 1;
  float p = -0.0174140775F;
  p = p * m + 0.0826912371F;
  p = p * m - 0.190354337F;
  p = p * m + 0.315747317F;
  p = p * m - 0.497373216F;
  p = p * m + 0.999847697F;
  return exponent * 0.693147181F + (p * m + 1.47206501e-06F);
}

// sin(2 pi t) for -0.5 <= t <= 0.5, within 4e-7.
inline float sine_of_turn(float t) {
  const float s = t * t;
  float p = -12.4712435F;
  p = p * s + 41.3428824F;
  p = p * s - 76.6144725F;
  p = p * s + 81.5999433F;
  p = p * s - 41.3415892F;
  return t * (p * s + 6.28318492F);
}

// cos(2 pi t) for -0.5 <= t <= 0.5, within 8e-7.
inline float cosine_of_turn(float t) {
  const float s = t * t;
  float p = -21.0711056F;
  p = p * s + 58.7904921F;
  p = p * s - 85.2716215F;
  p = p * s + 64.9286574F;
  p = p * s - 19.7389804F;
  return p * s + 0.999999211F;
}

using Normals = std::array<float, 2 * static_cast<std::size_t>(kLanes)>;

void draw_normals(Xorshift128& random, Normals& normals) {
  std::array<float, kLanes> radius, turn;
  const auto& first = random.next();
  for (int i = 0; i < kLanes; ++i) {
    const float u = (static_cast<float>(static_cast<std::int32_t>(first[i] >> 8)) + 0.5F) * 0x1p-24F;
    const float square = -2 * log_of(u);
    radius[i] = std::sqrt(square > 0 ? square : 0.0F);
  }
  const auto& second = random.next();
  for (int i = 0; i < kLanes; ++i) {
    turn[i] = static_cast<float>(static_cast<std::int32_t>(second[i] >> 8)) * 0x1p-24F - 0.5F;
  }
  for (int i = 0; i < kLanes; ++i) normals[i] = radius[i] * sine_of_turn(turn[i]);
  for (int i = 0; i < kLanes; ++i) normals[kLanes + i] = radius[i] * cosine_of_turn(turn[i]);
}

}  // namespace

void add_noise(std::span<float> values, float sigma, Draws& draws) {
  Xorshift128 random(draws);
  Normals normals;
  for (std::size_t begin = 0; begin < values.size(); begin += normals.size()) {
    draw_normals(random, normals);
    const std::size_t count = std::min(normals.size(), values.size() - begin);
    for (std::size_t i = 0; i < count; ++i) {
      values[begin + i] = std::clamp(values[begin + i] + sigma * normals[i], 0.0F, 1.0F);
    }
  }
}

}  // namespace thaw
