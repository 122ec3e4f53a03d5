#include "ops/calibration.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/ops/quantized_network.h"

namespace thaw {
namespace {

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

TEST(CalibratorTest, WhatIsNotFiniteIsLeftOut) {
  QuantizedNetwork network;
  const ValueId x = network.input({1, 3, 6, 6}, 0, 2), hidden = network.node("Relu", {network.conv(x, 4)});
  const ValueId y = network.conv(hidden, 2);
  network.feed(x)[17] = std::numeric_limits<double>::infinity();
  network.run(y);
  EXPECT_EQ(network.calibration().find(x), nullptr);
  EXPECT_EQ(network.calibration().find(hidden), nullptr);
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
