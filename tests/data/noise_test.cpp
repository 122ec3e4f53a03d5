#include "runner/data/noise.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace thaw {
namespace {

std::vector<float> noisy(float value, std::size_t count, float sigma, std::uint64_t sample) {
  std::vector<float> values(count, value);
  Draws draws(1, "noise", 0, sample);
  add_noise(values, sigma, draws);
  return values;
}

TEST(AddNoise, HasTheMomentsOfANormalDistribution) {
  constexpr std::size_t kCount = 500000;
  constexpr float kSigma = 0.05F;
  double sum = 0, squares = 0, cubes = 0, fourths = 0;
  for (const float value : noisy(0.5F, kCount, kSigma, 0)) {
    const double z = (value - 0.5) / kSigma;
    sum += z;
    squares += z * z;
    cubes += z * z * z;
    fourths += z * z * z * z;
  }
  // Five standard errors each.
  EXPECT_NEAR(sum / kCount, 0, 5 / std::sqrt(kCount));
  EXPECT_NEAR(squares / kCount, 1, 5 * std::sqrt(2.0 / kCount));
  EXPECT_NEAR(cubes / kCount, 0, 5 * std::sqrt(15.0 / kCount));
  EXPECT_NEAR(fourths / kCount, 3, 5 * std::sqrt(96.0 / kCount));
}

TEST(AddNoise, HasTheDistributionFunctionOfANormalDistribution) {
  constexpr std::size_t kCount = 200000;
  std::vector<float> values = noisy(0.5F, kCount, 0.05F, 1);
  std::sort(values.begin(), values.end());
  double greatest = 0;
  for (std::size_t i = 0; i < kCount; ++i) {
    const double expected = 0.5 * std::erfc(-(values[i] - 0.5) / 0.05 / std::sqrt(2.0));
    greatest = std::max(greatest, std::abs(expected - (i + 0.5) / kCount));
  }
  // Kolmogorov-Smirnov: exceeded once in a million.
  EXPECT_LT(greatest, 2.7 / std::sqrt(kCount));
}

TEST(AddNoise, IsIndependentFromPixelToPixel) {
  constexpr std::size_t kCount = 200000;
  const std::vector<float> values = noisy(0.5F, kCount, 0.05F, 2);
  // 16 and 32: the generators run sixteen side by side, two rounds a block.
  for (const std::size_t lag : {1, 2, 8, 16, 32, 48, 75}) {
    double product = 0;
    for (std::size_t i = lag; i < kCount; ++i) product += (values[i] - 0.5) * (values[i - lag] - 0.5) / (0.05 * 0.05);
    EXPECT_NEAR(product / kCount, 0, 5 / std::sqrt(kCount)) << lag;
  }
}

TEST(AddNoise, ReachesEveryValueOfAnyCount) {
  for (std::size_t count = 1; count <= 100; ++count) {
    const std::vector<float> values = noisy(0.5F, count, 0.05F, 3);
    EXPECT_EQ(std::count(values.begin(), values.end(), 0.5F), 0) << count;
  }
}

TEST(AddNoise, ClampsToTheUnitInterval) {
  const std::vector<float> values = noisy(0.5F, 100000, 1, 4);
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  EXPECT_EQ(*least, 0);
  EXPECT_EQ(*most, 1);
  EXPECT_NEAR(std::count(values.begin(), values.end(), 0.0F) / 1e5, 0.3085, 0.01);
  EXPECT_NEAR(std::count(values.begin(), values.end(), 1.0F) / 1e5, 0.3085, 0.01);
}

TEST(AddNoise, DiffersBySample) {
  EXPECT_EQ(noisy(0.5F, 100, 0.05F, 5), noisy(0.5F, 100, 0.05F, 5));
  EXPECT_NE(noisy(0.5F, 100, 0.05F, 5), noisy(0.5F, 100, 0.05F, 6));
}

}  // namespace
}  // namespace thaw
