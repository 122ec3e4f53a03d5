#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace thaw::reference {

/// Numbers from [low, high), the same for the same seed. Each is exact in f32, so that kernels and reference see equal
/// inputs.
inline std::vector<double> random_values(std::int64_t count, std::uint64_t seed, double low = -1, double high = 1) {
  std::mt19937_64 generator(seed);
  std::vector<double> values;
  for (std::int64_t i = 0; i < count; ++i) {
    const double unit = static_cast<double>(generator() >> 40) / static_cast<double>(1 << 24);
    values.push_back(static_cast<float>(low + (high - low) * unit));
  }
  return values;
}

/// Class numbers 0..classes-1.
inline std::vector<double> random_labels(std::int64_t count, std::uint64_t seed, std::int64_t classes) {
  std::mt19937_64 generator(seed);
  std::vector<double> values;
  for (std::int64_t i = 0; i < count; ++i) {
    values.push_back(static_cast<double>(generator() % static_cast<std::uint64_t>(classes)));
  }
  return values;
}

}  // namespace thaw::reference
