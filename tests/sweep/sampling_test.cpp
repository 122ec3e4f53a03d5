// How evenly the points of a search are spread.
#include "runner/sweep/sampling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace thaw {
namespace {

std::vector<std::vector<double>> draw(const Spread& spread, int count) {
  PointDraw points(spread);
  std::vector<std::vector<double>> all;
  for (int i = 0; i < count; ++i) all.push_back(points.next());
  return all;
}

std::size_t cells_hit(const std::vector<std::vector<double>>& points, int axis, int cells) {
  std::set<int> hit;
  for (const auto& point : points) hit.insert(static_cast<int>(point[static_cast<std::size_t>(axis)] * cells));
  return hit.size();
}

TEST(PointDraw, StaysInsideTheCubeAndIsTheSameEachTime) {
  for (const Sampling sampling : {INDEPENDENT, SOBOL, LATIN_HYPERCUBE}) {
    const Spread spread{sampling, 5, 20, 100};
    const auto points = draw(spread, 600);
    EXPECT_EQ(points, draw(spread, 600));
    EXPECT_NE(points, draw({sampling, 6, 20, 100}, 600));
    for (const auto& point : points) {
      ASSERT_EQ(point.size(), 20U);
      for (const double place : point) {
        EXPECT_GE(place, 0);
        EXPECT_LT(place, 1);
      }
    }
  }
}

TEST(PointDraw, SobolsFirst2ToTheKPointsHitEachPartOfEachAxisOnce) {
  for (const int count : {2, 16, 256, 512}) {
    const auto points = draw({SOBOL, 3, 20, 1}, count);
    for (int axis = 0; axis < 20; ++axis) EXPECT_EQ(cells_hit(points, axis, count), static_cast<std::size_t>(count));
  }
}

TEST(PointDraw, SobolIsEvenInThePlane) {
  // A (0, 2)-sequence: each box of area 1/64, whatever its proportions, holds one of the first 64 points.
  const auto points = draw({SOBOL, 9, 2, 1}, 64);
  for (const int rows : {1, 2, 4, 8, 16, 32, 64}) {
    std::set<std::pair<int, int>> boxes;
    for (const auto& point : points) {
      boxes.insert({static_cast<int>(point[0] * rows), static_cast<int>(point[1] * (64 / rows))});
    }
    EXPECT_EQ(boxes.size(), 64U) << rows;
  }
}

TEST(PointDraw, AScrambledPointIsUniform) {
  // The first point of many seeds: without a scramble it would always be the corner.
  double sum = 0, squares = 0;
  constexpr int kSeeds = 2000;
  for (int seed = 0; seed < kSeeds; ++seed) {
    const double place = draw({SOBOL, static_cast<std::uint64_t>(seed), 1, 1}, 1)[0][0];
    sum += place;
    squares += place * place;
  }
  EXPECT_NEAR(sum / kSeeds, 0.5, 4 / std::sqrt(12.0 * kSeeds));
  EXPECT_NEAR(squares / kSeeds, 1.0 / 3, 4 * std::sqrt(4.0 / 45 / kSeeds));
}

TEST(PointDraw, AHypercubeHitsEachPartOnceAndSoDoesTheNextOne) {
  const auto points = draw({LATIN_HYPERCUBE, 4, 6, 50}, 100);
  for (int axis = 0; axis < 6; ++axis) {
    EXPECT_EQ(cells_hit({points.begin(), points.begin() + 50}, axis, 50), 50U);
    EXPECT_EQ(cells_hit({points.begin() + 50, points.end()}, axis, 50), 50U);
  }
}

TEST(PointDraw, IndependentPointsAreNotEven) { EXPECT_LT(cells_hit(draw({INDEPENDENT, 1, 1, 1}, 256), 0, 256), 200U); }

}  // namespace
}  // namespace thaw
