#include "runner/sweep/halving.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>

namespace thaw {
namespace {

using testing::ElementsAre;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// Values that become known one by one.
class Values {
 public:
  void learn(int point, int rung, double value) { known_[{point, rung}] = value; }
  Halving::ValueOf reader() const {
    return [this](int point, int rung) -> std::optional<double> {
      const auto found = known_.find({point, rung});
      return found == known_.end() ? std::nullopt : std::optional(found->second);
    };
  }

 private:
  std::map<std::pair<int, int>, double> known_;
};

TEST(Halving, APointGoesOnAsSoonAsItIsCertain) {
  Halving halving({4, 2, 1}, true);
  Values values;
  values.learn(0, 0, 0.9);
  values.learn(1, 0, 0.1);
  EXPECT_TRUE(halving.decide(values.reader()).empty());
  EXPECT_EQ(halving.rung(0), 0);  // two that are not known could both be better
  values.learn(2, 0, 0.5);
  EXPECT_TRUE(halving.decide(values.reader()).empty());
  EXPECT_EQ(halving.rung(0), 1);  // only one can be better, and two go on
  EXPECT_EQ(halving.rung(2), 0);
  EXPECT_TRUE(halving.is_left_behind(1));
  EXPECT_FALSE(halving.is_left_behind(2));
  values.learn(3, 0, 0.6);
  const auto decided = halving.decide(values.reader());
  ASSERT_EQ(decided.size(), 1U);
  EXPECT_THAT(decided[0].point(), ElementsAre(0, 3, 2, 1));
  EXPECT_THAT(decided[0].value(), ElementsAre(0.9, 0.6, 0.5, 0.1));
  EXPECT_EQ(decided[0].promoted(), 2);
  EXPECT_EQ(halving.rung(3), 1);
  EXPECT_TRUE(halving.is_left_behind(2));
  EXPECT_TRUE(halving.decide(values.reader()).empty());  // each rung is decided once
}

TEST(Halving, WhatDivergedIsLastAndTiesGoByTheNumber) {
  Halving halving({4, 3}, false);
  Values values;
  values.learn(0, 0, kNone);
  values.learn(1, 0, 0.5);
  values.learn(2, 0, 0.25);
  values.learn(3, 0, 0.5);
  const auto decided = halving.decide(values.reader());
  ASSERT_EQ(decided.size(), 1U);
  EXPECT_THAT(decided[0].point(), ElementsAre(2, 1, 3, 0));
  EXPECT_TRUE(std::isnan(decided[0].value(3)));
}

/// Who reaches which rung if values become known in a random order, as soon as they can.
std::vector<int> outcome(const std::vector<std::vector<double>>& values, const std::vector<int>& sizes, unsigned seed) {
  Halving halving(sizes, true);
  Values known;
  std::mt19937 draw(seed);
  std::set<std::pair<int, int>> done;
  while (true) {
    std::vector<std::pair<int, int>> can;
    for (int point = 0; point < sizes[0]; ++point) {
      for (int rung = 0; rung <= halving.rung(point); ++rung) {
        if (!done.count({point, rung})) can.emplace_back(point, rung);
      }
    }
    if (can.empty()) break;
    const auto next = can[draw() % can.size()];
    done.insert(next);
    known.learn(next.first, next.second,
                values[static_cast<std::size_t>(next.first)][static_cast<std::size_t>(next.second)]);
    halving.decide(known.reader());
  }
  std::vector<int> rungs;
  for (int point = 0; point < sizes[0]; ++point) rungs.push_back(halving.rung(point));
  return rungs;
}

TEST(Halving, TheOutcomeIsThatOfWaitingForEachRungInAnyOrder) {
  std::mt19937 draw(7);
  const std::vector<int> sizes = {9, 3, 1};
  for (int repeat = 0; repeat < 50; ++repeat) {
    std::vector<std::vector<double>> values(9, std::vector<double>(3));
    for (auto& point : values) {
      for (double& value : point) value = draw() % 10 == 0 ? kNone : static_cast<double>(draw() % 6);
    }
    // Rung by rung, all values at hand.
    std::vector<int> expected(9, 0), in = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    for (std::size_t rung = 0; rung + 1 < sizes.size(); ++rung) {
      std::stable_sort(in.begin(), in.end(), [&](int a, int b) {
        const double x = values[static_cast<std::size_t>(a)][rung], y = values[static_cast<std::size_t>(b)][rung];
        return std::isnan(y) ? !std::isnan(x) : x > y;
      });
      in.resize(static_cast<std::size_t>(sizes[rung + 1]));
      std::sort(in.begin(), in.end());
      for (const int point : in) expected[static_cast<std::size_t>(point)] = static_cast<int>(rung) + 1;
    }
    for (unsigned seed = 0; seed < 20; ++seed) ASSERT_EQ(outcome(values, sizes, seed), expected) << repeat;
  }
}

}  // namespace
}  // namespace thaw
