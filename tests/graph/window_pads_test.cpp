#include "graph/window_pads.h"

#include <gmock/gmock.h>

namespace thaw {
namespace {

using ::testing::ElementsAre;

TEST(AutoPads, ValidHasNone) {
  EXPECT_THAT(auto_pads(AutoPad::kValid, {7, 8}, {{3, 3}, {}, {}}), ElementsAre(0, 0, 0, 0));
}

TEST(AutoPads, OddPaddingGoesToTheNamedSide) {
  // Height 7 at stride 2: 4 windows of 4 cover 10, so 3 are missing. Width 8: 4 windows of 3 cover 9: one is missing.
  const WindowExtents window{{4, 3}, {2, 2}, {}};
  EXPECT_THAT(auto_pads(AutoPad::kSameUpper, {7, 8}, window), ElementsAre(1, 0, 2, 1));
  EXPECT_THAT(auto_pads(AutoPad::kSameLower, {7, 8}, window), ElementsAre(2, 1, 1, 0));
}

TEST(AutoPads, StrideBeyondTheWindowNeedsNone) {
  EXPECT_THAT(auto_pads(AutoPad::kSameUpper, {9}, {{2}, {4}, {}}), ElementsAre(0, 1));
  EXPECT_THAT(auto_pads(AutoPad::kSameUpper, {8}, {{2}, {4}, {}}), ElementsAre(0, 0));
}

TEST(AutoPads, CountGapsOfDilation) {
  EXPECT_THAT(auto_pads(AutoPad::kSameUpper, {5, 5, 5}, {{3, 2, 1}, {}, {2, 3, 4}}), ElementsAre(2, 1, 0, 2, 2, 0));
}

TEST(TransposePads, ReachTheWantedExtents) {
  // Without pads: 2 * 4 + 3 = 11 and 3 * 4 + 4 = 16.
  const WindowExtents window{{3, 4}, {2, 3}, {}};
  const TransposePads upper = transpose_pads(AutoPad::kSameUpper, {5, 5}, {10, 15}, window);
  EXPECT_THAT(upper.pads, ElementsAre(0, 0, 1, 1));
  EXPECT_THAT(upper.output_padding, ElementsAre(0, 0));
  EXPECT_THAT(transpose_pads(AutoPad::kSameLower, {5, 5}, {10, 15}, window).pads, ElementsAre(1, 1, 0, 0));
  EXPECT_THAT(transpose_pads(AutoPad::kValid, {5, 5}, {8, 14}, window).pads, ElementsAre(2, 1, 1, 1));
}

TEST(TransposePads, WhatIsMissingBecomesOutputPadding) {
  // ONNX's test_convtranspose_output_shape: 3x3 to 10x8 with strides 3 and 2 gives 9x7 by itself.
  const TransposePads found = transpose_pads(AutoPad::kValid, {3, 3}, {10, 8}, {{3, 3}, {3, 2}, {}});
  EXPECT_THAT(found.pads, ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(found.output_padding, ElementsAre(1, 1));
}

TEST(TransposePads, KeepAGivenOutputPadding) {
  const TransposePads found = transpose_pads(AutoPad::kSameUpper, {4}, {8}, {{3}, {2}, {2}}, {1});
  EXPECT_THAT(found.pads, ElementsAre(2, 2));
  EXPECT_THAT(found.output_padding, ElementsAre(1));
}

}  // namespace
}  // namespace thaw
