#include "runner/train/initialize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "runner/data/random.h"

namespace thaw {
namespace {

ParameterInit kernel(Initializer initializer) { return {"layer/kernel", {100, 400}, initializer, 400, 100}; }

double deviation(const std::vector<float>& values) {
  double squares = 0;
  for (const float value : values) squares += static_cast<double>(value) * value;
  return std::sqrt(squares / static_cast<double>(values.size()));
}

TEST(InitialValues, GlorotUniformFillsItsInterval) {
  const auto values = initial_values(kernel(GLOROT_UNIFORM), 1);
  const double limit = std::sqrt(6.0 / 500);
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  EXPECT_GE(*low, -limit);
  EXPECT_LE(*high, limit);
  EXPECT_NEAR(deviation(values), limit / std::sqrt(3.0), limit * 0.01);
}

TEST(InitialValues, HeDeviationsAreWhatTheySay) {
  EXPECT_NEAR(deviation(initial_values(kernel(HE_NORMAL), 1)), std::sqrt(2.0 / 400), 1e-3);
  EXPECT_NEAR(deviation(initial_values(kernel(HE_UNIFORM), 1)), std::sqrt(2.0 / 400), 1e-3);
}

TEST(InitialValues, HeNormalIsCutAtTwoDeviations) {
  const auto values = initial_values(kernel(HE_NORMAL), 1);
  const double cut = 2 * std::sqrt(2.0 / 400) / 0.87962566103423978;
  for (const float value : values) ASSERT_LE(std::abs(value), cut + 1e-6);
}

TEST(InitialValues, DependOnSeedAndNameAlone) {
  const auto values = initial_values(kernel(GLOROT_UNIFORM), 1);
  EXPECT_EQ(values, initial_values(kernel(GLOROT_UNIFORM), 1));
  EXPECT_NE(values, initial_values(kernel(GLOROT_UNIFORM), 2));
  ParameterInit other = kernel(GLOROT_UNIFORM);
  other.name = "other/kernel";
  EXPECT_NE(values, initial_values(other, 1));
}

TEST(InitialValues, AreOneStreamHoweverManyThereAre) {  // though threads draw pieces of it
  ParameterInit large = kernel(GLOROT_UNIFORM);
  large.shape = {70001, 3};
  Draws draws(7, "weights/layer/kernel");
  const double limit = std::sqrt(6.0 / 500);
  for (const float value : initial_values(large, 7)) {
    ASSERT_EQ(value, static_cast<float>((2 * draws.uniform() - 1) * limit));
  }
}

TEST(InitialValues, BiasesStartAtZero) {
  EXPECT_EQ(initial_values({"layer/bias", {3}, ZEROS, 0, 0}, 1), std::vector<float>(3, 0.0F));
}

}  // namespace
}  // namespace thaw
