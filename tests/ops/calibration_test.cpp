#include "ops/calibration.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/ops/quantized_network.h"

namespace thaw {
namespace {

std::vector<float> evenly(float largest, int count) {
  std::vector<float> numbers;
  for (int i = 0; i < count; ++i)
    numbers.push_back(largest * (static_cast<float>(i) + 0.5F) / static_cast<float>(count));
  return numbers;
}

TEST(MagnitudesTest, EvenNumbersAreKeptWhole) {
  Magnitudes magnitudes;
  magnitudes.add(evenly(8, 100000));
  EXPECT_NEAR(magnitudes.best_limit(255), 8, 0.1);
  EXPECT_NEAR(magnitudes.best_limit(127), 8, 0.1);
  EXPECT_FALSE(magnitudes.has_negative());
  EXPECT_TRUE(magnitudes.is_finite());
}

TEST(MagnitudesTest, ARareLargeNumberIsCut) {
  Magnitudes magnitudes;
  magnitudes.add(evenly(1, 1000000));
  magnitudes.add({2.5F});  // the range doubles
  EXPECT_EQ(magnitudes.largest(), 2.5F);
  EXPECT_NEAR(magnitudes.best_limit(127), 1, 0.05);
}

/// A cut costs the more, the more there is to cut.
TEST(MagnitudesTest, ManyLargeNumbersAreKept) {
  Magnitudes magnitudes;
  magnitudes.add(evenly(1, 1000));
  magnitudes.add(std::vector<float>(100, -2.5F));
  EXPECT_NEAR(magnitudes.best_limit(127), 2.5, 0.05);
  EXPECT_TRUE(magnitudes.has_negative());
}

TEST(MagnitudesTest, BatchesInAnyOrderSayTheSame) {
  Magnitudes rising, falling;
  const auto small = evenly(0.5F, 5000), large = evenly(4, 1000);
  rising.add(small);
  rising.add(large);
  falling.add(large);
  falling.add(small);
  EXPECT_NEAR(rising.best_limit(255), falling.best_limit(255), 0.1);
}

TEST(MagnitudesTest, ZerosAndWhatIsNotFinite) {
  Magnitudes zeros, infinite, not_a_number;
  zeros.add({0, 0});
  EXPECT_EQ(zeros.best_limit(255), 0);
  infinite.add({1, INFINITY});
  not_a_number.add({1, NAN});
  EXPECT_FALSE(infinite.is_finite());
  EXPECT_FALSE(not_a_number.is_finite());
}

TEST(CalibratorTest, LimitsByFilterAndSharedByWhatIsOnlyMoved) {
  QuantizedNetwork network;
  const ValueId x = network.input({2, 4, 6, 6}, 0, 2);
  const ValueId w = network.parameter({3, 4, 3, 3});
  for (std::size_t i = 0; i < 36; ++i) network.feed(w)[i] = i == 7 ? -3 : 0.05;  // sums of both signs
  for (std::size_t i = 36; i < 72; ++i) network.feed(w)[i] = 0;
  for (std::size_t i = 72; i < 108; ++i) network.feed(w)[i] = 0.25;
  const Attributes same{{"kernel_shape", Integers{3, 3}}, {"pads", Integers{1, 1, 1, 1}}};
  const ValueId left = network.node("Conv", {x, w}, same), right = network.node("Relu", {network.conv(x, 5)});
  const ValueId both = network.node("Concat", {left, right}, {{"axis", std::int64_t{1}}});
  const ValueId pooled = network.node("MaxPool", {both}, {{"kernel_shape", Integers{2, 2}}});
  const ValueId y = network.conv(pooled, 2);
  network.run(y);
  const Calibration& found = network.calibration();
  ASSERT_TRUE(found.find(w) && found.find(x) && found.find(left) && found.find(both) && found.find(pooled));
  EXPECT_EQ(found.find(w)->limits, (std::vector<float>{3, 1, 0.25}));
  EXPECT_TRUE(found.find(w)->is_signed);
  EXPECT_NEAR(found.find(x)->limits.at(0), 2, 0.05);
  EXPECT_FALSE(found.find(x)->is_signed);
  for (const ValueId value : {both, pooled}) {
    EXPECT_EQ(found.find(value)->limits, found.find(left)->limits);
    EXPECT_TRUE(found.find(value)->is_signed);
  }
}

TEST(CalibratorTest, StructureIsThatOfTheGraphAndNotOfItsShapes) {
  const auto build = [](std::int64_t batch, const std::string& op) {
    QuantizedNetwork network;
    network.node(op, {network.conv(network.input({batch, 3, 8, 8}, 0, 1), 4)});
    return structure_of(network.graph());
  };
  EXPECT_EQ(build(1, "Relu"), build(7, "Relu"));
  EXPECT_NE(build(1, "Relu"), build(1, "Sigmoid"));
}

}  // namespace
}  // namespace thaw
