#include "reports/sweep_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "tests/reports/answered_sweep.h"

namespace thaw::reports {
namespace {

using test::answered;
using test::Answered;
using test::kFarApart;
using test::MemberEnd;
using test::plain;
using test::RecordedSweep;
using test::sweep_of;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string words_of(const RecordedSweep& sweep) {
  const Answered found = answered(sweep);
  return found.answer.pairs.empty() ? "no pair" : plain(found.answer.pairs[0].words);
}

TEST(PairWords, OfTwoThatCanBeToldApart) {
  EXPECT_EQ(words_of(sweep_of(kFarApart, true)),
            "fine-tune beats frozen at images 500: +3.0 points, 95 % interval 2.2 to 3.8 (5 seeds)");
  EXPECT_EQ(words_of(sweep_of(kFarApart)), "fine-tune beats frozen: +3.0 points, 95 % interval 2.2 to 3.8 (5 seeds)");
}

TEST(PairWords, OfTwoThatCannot) {
  EXPECT_EQ(words_of(sweep_of({{0.80, 0.81, 0.79, 0.80, 0.82}, {0.81, 0.80, 0.80, 0.82, 0.80}}, true)),
            "not distinguishable: fine-tune and frozen at images 500: fine-tune +0.2 points, 95 % interval −1.8 to 1.8 "
            "(5 seeds)");
}

TEST(PairWords, OfOneSeed) {
  EXPECT_EQ(
      words_of(sweep_of({{0.80}, {0.831}}, true)),
      "one seed: differences cannot be judged; repeats: 5 would (fine-tune is ahead of frozen at images 500 by 3.1 "
      "points)");
  EXPECT_EQ(words_of(sweep_of({{0.80}, {0.80}})),
            "one seed: differences cannot be judged; repeats: 5 would (frozen and fine-tune are equal)");
}

TEST(PairWords, OfOneSeedOfSeveral) {
  RecordedSweep sweep = sweep_of(kFarApart);
  sweep.is_finished = false;
  for (int seed = 1; seed < 5; ++seed) sweep.members[5 + seed].end = MemberEnd::kNotBegun;
  EXPECT_EQ(words_of(sweep),
            "one seed in common: differences cannot be judged yet (fine-tune is ahead of frozen by 3.0 points)");
}

TEST(PairWords, OfEqualValues) {
  EXPECT_EQ(words_of(sweep_of({{0.8, 0.9, 0.8}, {0.8, 0.9, 0.8}})),
            "not distinguishable: frozen and fine-tune: the same in each of 3 seeds");
}

TEST(PairWords, OfMeansThatAreEqualButForRounding) {
  EXPECT_THAT(words_of(sweep_of({{0.8, 0.9, 0.7}, {0.9, 0.7, 0.8}})),
              ::testing::EndsWith(" 0.0 points, 95 % interval −43.0 to 43.0 (3 seeds)"));
}

// Five equal differences come about by chance in one case of sixteen.
TEST(PairWords, OfADifferenceWithoutSpread) {
  EXPECT_EQ(words_of(sweep_of({{0.80, 0.81, 0.79, 0.80, 0.82}, {0.82, 0.83, 0.81, 0.82, 0.84}})),
            "not distinguishable: fine-tune and frozen: fine-tune +2.0 points in each of 5 seeds");
  EXPECT_EQ(words_of(sweep_of({{0.80, 0.81, 0.79, 0.80, 0.82, 0.8}, {0.82, 0.83, 0.81, 0.82, 0.84, 0.82}})),
            "fine-tune beats frozen: +2.0 points in each of 6 seeds");
}

TEST(PairWords, WhatDivergedInASeedBeatsNone) {
  RecordedSweep sweep = sweep_of(kFarApart);
  sweep.members[6].end = MemberEnd::kDiverged;
  EXPECT_EQ(words_of(sweep),
            "not judged, as fine-tune diverged in 1 of 5 seeds: fine-tune and frozen: fine-tune +2.7 "
            "points, 95 % interval 2.0 to 3.5 (4 seeds)");
  sweep = sweep_of(kFarApart);
  sweep.members[1].end = MemberEnd::kDiverged;
  EXPECT_EQ(words_of(sweep),
            "fine-tune beats frozen: +2.7 points, 95 % interval 2.0 to 3.5 (4 seeds); frozen diverged in 1 of 5 seeds");
}

TEST(PairWords, OfOneThatAlwaysDiverged) {
  RecordedSweep sweep = sweep_of(kFarApart, true);
  for (int i = 0; i < 5; ++i) sweep.members[i].end = MemberEnd::kDiverged;
  EXPECT_EQ(words_of(sweep), "fine-tune trains at images 500, frozen diverged in all 5 seeds");
  EXPECT_TRUE(answered(sweep).answer.pairs[0].is_distinguishable);
  for (int i = 5; i < 10; ++i) sweep.members[i].end = MemberEnd::kDiverged;
  EXPECT_EQ(words_of(sweep),
            "not comparable: frozen and fine-tune at images 500: no seed in which both ended; frozen "
            "diverged in 5 of 5 seeds; fine-tune diverged in 5 of 5 seeds");
}

TEST(PairWords, OfLosses) {
  RecordedSweep sweep = sweep_of(kFarApart);
  sweep.started.set_metric("loss");
  sweep.started.set_metric_is_max(false);
  sweep.started.set_metric_is_share(false);
  EXPECT_EQ(words_of(sweep), "frozen beats fine-tune: 0.0300 lower, 95 % interval 0.0220 to 0.0380 (5 seeds)");
}

TEST(PairWords, OfNumbersThatAreNoShares) {
  RecordedSweep sweep = sweep_of(kFarApart);
  sweep.started.set_metric_is_share(false);
  EXPECT_EQ(words_of(sweep), "fine-tune beats frozen: +0.0300, 95 % interval 0.0220 to 0.0380 (5 seeds)");
}

// Each by itself would be called different; of 66 comparisons some are so by chance.
TEST(PairWords, SayWhenAComparisonIsOneOfMany) {
  RecordedSweep sweep = test::empty_sweep("many", 5);
  std::vector<std::string> names;
  for (int i = 0; i < 12; ++i) names.push_back("c" + std::to_string(i));
  test::add_choices(sweep, "choice", names);
  const std::array<double, 5> gains = {0.01, 0.02, 0.03, 0.015, 0.03};
  for (int point = 0; point < 12; ++point) {
    for (int seed = 1; seed <= 5; ++seed) {
      const double noise = 0.05 * test::steady_noise(point, seed);
      test::add_member(sweep, point, seed, {names[point]}).value =
          point < 2 ? 0.8 + point * gains[seed - 1] : 0.5 + noise;
    }
  }
  const Answered found = answered(sweep);
  EXPECT_EQ(found.answer.pairs.size(), 66);
  EXPECT_EQ(plain(found.answer.pairs[0].words),
            "not distinguishable: c1 and c0: c1 +2.1 points, 95 % interval 1.1 to 3.0 "
            "(5 seeds), but p = 0.29 among 66 comparisons");
}

TEST(PairWords, AveragedOverSettings) {
  const Answered found = answered(test::strategies_sweep());
  EXPECT_THAT(
      plain(found.answer.overall[0].words),
      "frozen beats fine-tune averaged over images 20, 100, 500 and 2000: +3.6 points, 95 % interval 3.2 to 3.9 (5 "
      "seeds)");
}

TEST(Importance, FindsTheParameterThatMatters) {
  const Answered found = answered(test::numeric_sweep());
  ASSERT_EQ(found.answer.importance.size(), 3);
  EXPECT_EQ(found.view.axis_text(found.answer.importance[0].axis), "learning_rate");
  EXPECT_GT(found.answer.importance[0].share, 0.6);
  EXPECT_LT(found.answer.importance[0].p_value, 0.001);
  EXPECT_TRUE(found.answer.importance[0].is_binned);
  EXPECT_GT(found.answer.importance[1].p_value, 0.05);
  EXPECT_EQ(answered(test::halving_sweep()).answer.importance_epochs, 1);
  EXPECT_THAT(answered(sweep_of(kFarApart)).answer.importance, IsEmpty());  // two points
}

// Those that trained to the end are not those that were weighed.
TEST(Importance, OfHalvingSaysNothingOfSeeds) {
  RecordedSweep sweep = test::halving_sweep();
  sweep.started.set_repeats(2);
  EXPECT_TRUE(std::isnan(answered(sweep).answer.noise_share));
}

TEST(Fronts, AreOfValueAgainstCost) {
  const Answered found = answered(test::strategies_sweep());
  const auto label = [&](std::size_t point) { return found.view.points[point].label; };
  std::vector<std::string> by_parameters;
  for (std::size_t point = 0; point < found.view.points.size(); ++point) {
    if (found.answer.points[point].is_on_parameter_front) by_parameters.push_back(label(point));
  }
  EXPECT_THAT(by_parameters, ElementsAre("frozen, images 2000", "fine-tune, images 2000"));
}

TEST(CurveBand, IsTheRangeOverSeeds) {
  RecordedSweep sweep = sweep_of({{0.8, 0.9}});
  sweep.members[1].end = MemberEnd::kRunning;
  sweep.members[1].epochs_done = 3;
  const CurveBand band = curve_band(answered(sweep).view, 0);
  EXPECT_EQ(band.epochs.size(), 10);
  EXPECT_LT(band.low[2], band.mean[2]);
  EXPECT_GT(band.high[2], band.mean[2]);
  EXPECT_EQ(band.low[9], band.high[9]);
}

TEST(DifferenceText, HasASignAndAUnit) {
  SweepView view;
  view.started.set_metric_is_share(true);
  EXPECT_EQ(difference_text(view, 0.031), "+3.1 points");
  EXPECT_EQ(difference_text(view, -0.002), "−0.20 points");
  EXPECT_EQ(difference_text(view, 0), "0.00 points");
  EXPECT_EQ(difference_text(view, 1e-17), "0.00 points");
  view.started.set_metric_is_share(false);
  EXPECT_EQ(difference_text(view, -0.0312), "−0.0312");
  EXPECT_EQ(difference_text(view, kUnknown), "–");
}

}  // namespace
}  // namespace thaw::reports
