#include "reports/sweep_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "tests/reports/recorded_sweep.h"
#include "tests/reports/temporary_folder.h"

namespace thaw::reports {
namespace {

using test::MemberEnd;
using test::RecordedSweep;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// With plain spaces: easier to read here.
std::string plain(std::string text) {
  for (std::size_t at; (at = text.find("\u00a0")) != std::string::npos;) text.replace(at, 2, " ");
  return text;
}

struct Answered {
  SweepView view;
  SweepAnswer answer;

  std::string head() const { return plain(answer.head); }
  std::vector<std::string> caveats() const {
    std::vector<std::string> list;
    for (const std::string& caveat : answer.caveats) list.push_back(plain(caveat));
    return list;
  }
};

Answered answered(const RecordedSweep& sweep) {
  const test::TemporaryFolder folder;
  SweepView view = load_sweep(write_sweep(folder / "runs", sweep));
  SweepAnswer answer = answer_sweep(view);
  return {std::move(view), std::move(answer)};
}

using Values = std::vector<std::vector<double>>;  // by choice and seed

RecordedSweep sweep_of(const Values& values, bool has_images = false) {
  const int repeats = static_cast<int>(values.front().size());
  RecordedSweep sweep = test::empty_sweep("pair", repeats);
  const std::vector<std::string> names = {"frozen", "fine-tune", "scratch"};
  test::add_choices(sweep, "strategy", {names.begin(), names.begin() + static_cast<std::ptrdiff_t>(values.size())});
  if (has_images) test::add_choices(sweep, "images", {"500"});
  for (std::size_t choice = 0; choice < values.size(); ++choice) {
    for (int seed = 1; seed <= repeats; ++seed) {
      std::vector<std::string> settings = {names[choice]};
      if (has_images) settings.emplace_back("500");
      test::add_member(sweep, static_cast<int>(choice), seed, settings).value = values[choice][seed - 1];
    }
  }
  return sweep;
}

std::string words_of(const RecordedSweep& sweep) {
  const Answered found = answered(sweep);
  return found.answer.pairs.empty() ? "no pair" : plain(found.answer.pairs[0].words);
}

const Values kFarApart = {{0.80, 0.81, 0.79, 0.80, 0.82}, {0.83, 0.85, 0.81, 0.83, 0.85}};

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

TEST(Head, AnswersWhichAtWhichSizeAtWhatCost) {
  EXPECT_EQ(
      answered(test::strategies_sweep()).head(),
      "fine-tune, images 2000 is best of 16 combinations: Accuracy 86.4 % (95 % interval 86.2 to 86.7, 5 seeds), 6.34 "
      "s "
      "a run. Best at images 20 and 100: frozen; at images 500 and 2000: fine-tune. frozen beats gradual averaged over "
      "images 20, 100, 500 and 2000: +0.45 points, 95 % interval 0.03 to 0.79 (5 seeds).");
}

TEST(Head, OfOneSeedClaimsNothing) {
  EXPECT_EQ(
      answered(test::strategies_sweep(1)).head(),
      "fine-tune, images 2000 comes first of 16 combinations: Accuracy 86.8 % (one seed), 6.34 s a run. One seed: "
      "differences cannot be judged; repeats: 5 would.");
}

TEST(Head, BeforeAnyResult) {
  RecordedSweep sweep = sweep_of({{0.8, 0.8}, {0.9, 0.9}});
  sweep.is_finished = false;
  for (auto& member : sweep.members) member.end = MemberEnd::kNotBegun;
  sweep.members[0].end = MemberEnd::kRunning;
  const Answered found = answered(sweep);
  EXPECT_EQ(found.head(), "No member has a result: 1 running/killed, 3 not begun.");
  EXPECT_FALSE(found.answer.recommendation.has_value());
}

TEST(Head, OfAnUnfinishedSweepSaysSo) {
  RecordedSweep sweep = sweep_of({{0.8, 0.8}, {0.9, 0.9}, {0.7, 0.7}});
  sweep.is_finished = false;
  sweep.members[5].end = sweep.members[4].end = MemberEnd::kNotBegun;
  const Answered found = answered(sweep);
  EXPECT_THAT(found.head(), HasSubstr("of 2 combinations with results so far"));
  EXPECT_THAT(found.caveats(), Contains("Not finished: 4 done, 2 not begun. Numbers will change."));
}

TEST(Head, OfOneCombination) {
  RecordedSweep sweep = test::empty_sweep("repeats", 5);
  for (int seed = 1; seed <= 5; ++seed) test::add_member(sweep, 0, seed, {}).value = 0.9 + 0.01 * (seed % 3);
  const Answered found = answered(sweep);
  EXPECT_EQ(found.head(), "repeats: Accuracy 91.2 % (95 % interval 90.2 to 92.0, 5 seeds), 10.0 s a run.");
  EXPECT_EQ(found.answer.recommendation->reason, "Recommended: “repeats”, the only combination.");
}

// The best mean is fine-tune's, by less than seeds move it, at twelve times the cost.
RecordedSweep cheap_is_as_good(int repeats) {
  Values values(2);
  for (int seed = 0; seed < repeats; ++seed) {
    values[0].push_back(0.90 + 0.01 * (seed % 3));
    values[1].push_back(0.902 + 0.01 * ((seed + 1) % 3));
  }
  RecordedSweep sweep = sweep_of(values);
  for (auto& member : sweep.members) member.seconds = member.info.point() == 0 ? 0.5 : 6;
  return sweep;
}

TEST(Recommendation, IsTheCheapestThatCannotBeToldFromTheBest) {
  const Answered found = answered(cheap_is_as_good(6));
  ASSERT_TRUE(found.answer.recommendation.has_value());
  EXPECT_EQ(found.answer.recommendation->point, 0);
  EXPECT_EQ(found.answer.recommendation->member, 0);
  EXPECT_TRUE(found.answer.recommendation->is_cheaper);
  EXPECT_EQ(
      plain(found.answer.recommendation->reason),
      "Recommended: “frozen”, which cannot be told from the best mean and takes 0.50 s a run instead of 6.00 s; by "
      "the interval of the difference it may be up to 1.2 points worse.");
  EXPECT_EQ(
      found.head(),
      "fine-tune has the best mean of 2 combinations: Accuracy 91.2 % (95 % interval 90.4 to 92.0, 6 seeds), 6.00 s a "
      "run. 1 other cannot be told from it. Recommended: “frozen”, which cannot be told from the best mean and takes "
      "0.50 s a run instead of 6.00 s; by the interval of the difference it may be up to 1.2 points worse.");
}

// With few seeds hardly anything can be told apart: that is no reason to take what is cheap.
TEST(Recommendation, OfFewSeedsIsTheBestMean) {
  const Answered found = answered(cheap_is_as_good(3));
  EXPECT_EQ(found.answer.recommendation->point, 1);
  EXPECT_EQ(found.answer.recommendation->reason,
            "Recommended: “fine-tune”, for the best mean; 3 seeds are too few to tell which cheaper ones are as good.");
  EXPECT_THAT(found.caveats(),
              Contains("Fewer than 5 seeds: intervals are Student's, which take values for normally "
                       "distributed, and wide. That two cannot be told apart says little then; repeats: 5 "
                       "says more."));
  EXPECT_EQ(
      answered(cheap_is_as_good(1)).answer.recommendation->reason,
      "Recommended: “fine-tune”, for the best value in one seed; repeats: 5 would tell which others are as good.");
}

TEST(Recommendation, IsNotWhatDiverged) {
  RecordedSweep sweep = cheap_is_as_good(6);
  sweep.members[2].end = MemberEnd::kDiverged;
  const Answered found = answered(sweep);
  EXPECT_EQ(found.answer.recommendation->reason,
            "Recommended: “fine-tune”, for the best mean; no cheaper one is known to be as good.");
  EXPECT_THAT(
      found.caveats(),
      Contains("1 member diverged. Such a seed has no value: it is in no mean and no difference, loses against every "
               "seed that has one, and its combination comes after those without, beats none and is not "
               "recommended."));
  // A better mean does not help.
  sweep = sweep_of(kFarApart);
  sweep.members[7].end = MemberEnd::kDiverged;
  EXPECT_EQ(answered(sweep).answer.recommendation->point, 0);
}

TEST(Ranking, HasTies) {
  const Answered found = answered(sweep_of({{0.8, 0.9}, {0.9, 0.8}, {0.7, 0.7}}));
  EXPECT_EQ(found.answer.points[0].rank, 1);
  EXPECT_EQ(found.answer.points[1].rank, 1);
  EXPECT_EQ(found.answer.points[2].rank, 3);
  EXPECT_TRUE(found.answer.points[1].is_like_first);
}

TEST(Caveats, TellOfFailuresSharesAndHalving) {
  RecordedSweep sweep = sweep_of(kFarApart);
  sweep.members[0].end = MemberEnd::kFailed;
  sweep.members[1].beside = {"aaaaaaaaaaaa"};
  EXPECT_THAT(
      answered(sweep).caveats(),
      ElementsAre("1 member failed: their combinations have fewer seeds. That says nothing of how good they are.",
                  "1 member trained side by side with others: each is charged its share of the time they took "
                  "together."));
  EXPECT_THAT(
      answered(test::halving_sweep()).caveats(),
      Contains("Successive halving: those left behind have a value after fewer epochs, which is compared with none "
               "after all epochs."));
  EXPECT_THAT(answered(sweep_of(kFarApart)).caveats(), IsEmpty());
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
  view.started.set_metric_is_share(false);
  EXPECT_EQ(difference_text(view, -0.0312), "−0.0312");
  EXPECT_EQ(difference_text(view, kUnknown), "–");
}

}  // namespace
}  // namespace thaw::reports
