#include "runner/train/initialize.h"

#include <algorithm>
#include <cmath>

#include "runner/data/random.h"

namespace thaw {
namespace {

/// Normal with standard deviation `sigma` after cutting at two of them (Keras's variance-scaling initializers divide by
/// the cut distribution's own deviation).
float truncated_normal(Draws& draws, double sigma) {
  constexpr double kCutDeviation = 0.87962566103423978;
  for (;;) {
    const double z = draws.normal();
    if (std::abs(z) <= 2) return static_cast<float>(z * sigma / kCutDeviation);
  }
}

}  // namespace

bool starts_from_file(const ParameterInit& parameter) {
  return parameter.values && !parameter.treatment.is_reinitialized;
}

std::vector<float> initial_values(const ParameterInit& parameter, std::uint64_t seed) {
  if (starts_from_file(parameter)) return *parameter.values;
  std::vector<float> values(static_cast<std::size_t>(element_count(parameter.shape)), 0.0F);
  if (parameter.initializer == ONES) std::fill(values.begin(), values.end(), 1.0F);
  if (parameter.initializer == ZEROS || parameter.initializer == ONES) return values;
  Draws draws(seed, "weights/" + parameter.name, 0, 0);
  const auto fan_in = static_cast<double>(parameter.fan_in), fan_out = static_cast<double>(parameter.fan_out);
  if (parameter.initializer == HE_NORMAL) {
    for (float& value : values) value = truncated_normal(draws, std::sqrt(2 / fan_in));
    return values;
  }
  const double limit =
      parameter.initializer == GLOROT_UNIFORM ? std::sqrt(6 / (fan_in + fan_out)) : std::sqrt(6 / fan_in);
  // Two draws a value: each piece knows where in the stream it begins.
  constexpr std::int64_t kPiece = 1 << 16;
  const auto count = static_cast<std::int64_t>(values.size());
#pragma omp parallel for schedule(static) firstprivate(draws)
  for (std::int64_t begin = 0; begin < count; begin += kPiece) {
    draws.seek(static_cast<std::uint32_t>(begin / 2));
    for (std::int64_t i = begin; i < std::min(begin + kPiece, count); ++i) {
      values[static_cast<std::size_t>(i)] = static_cast<float>((2 * draws.uniform() - 1) * limit);
    }
  }
  return values;
}

}  // namespace thaw
