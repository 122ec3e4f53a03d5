#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/sweep_pairs.h"
#include "reports/sweep_words.h"
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
using test::Values;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST(Head, AnswersWhichAtWhichSizeAtWhatCost) {
  EXPECT_EQ(
      answered(test::strategies_sweep()).head(),
      "Best of 16 combinations: fine-tune, images 2000. Accuracy 86.4 % (95 % interval 86.2 to 86.7, 5 seeds), 6.34 s "
      "a run. Best at images 20 and 100: frozen; at images 500 and 2000: fine-tune. Averaged over images 20, 100, 500 "
      "and 2000, frozen beats gradual: +0.45 points, 95 % interval 0.03 to 0.79 (5 seeds).");
}

TEST(Head, OfOneSeedClaimsNothing) {
  EXPECT_EQ(answered(test::strategies_sweep(1)).head(),
            "First of 16 combinations: fine-tune, images 2000. Accuracy 86.8 % (one seed), 6.34 s a run. One seed: "
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
  EXPECT_EQ(found.head(), "Accuracy 91.2 % (95 % interval 90.2 to 92.0, 5 seeds), 10.0 s a run.");
  EXPECT_EQ(found.answer.recommendation->reason, "Recommended: “repeats”, the only combination.");
}

// Two have two seeds each, but none in common.
TEST(Head, CallsNothingBestThatWasNotComparedWithAll) {
  RecordedSweep sweep = sweep_of({{0.90, 0.91, 0, 0}, {0, 0, 0.70, 0.71}}, true);
  for (const int failed : {2, 3, 4, 5}) sweep.members[failed].end = MemberEnd::kFailed;
  const Answered found = answered(sweep);
  EXPECT_EQ(found.head(),
            "Best mean of 2 combinations: frozen, images 500. Accuracy 90.5 % (95 % interval 84.1 to 96.9, 2 seeds), "
            "10.0 s a run. 1 other has too few seeds in common with it.");
  EXPECT_FALSE(found.answer.settings[0].is_judged);
  EXPECT_EQ(found.answer.pairs[0].words,
            "not comparable: frozen and fine-tune at images 500: no seed in which both ended");
  EXPECT_TRUE(answered(sweep_of(kFarApart, true)).answer.settings[0].is_judged);
}

// Seeds 4 and 5, which only frozen has, are easy ones: in the others fine-tune is better.
RecordedSweep first_by_easy_seeds() {
  RecordedSweep sweep = sweep_of({{0.80, 0.81, 0.80, 0.99, 0.98}, {0.85, 0.862, 0.851, 0, 0}});
  sweep.members[8].end = sweep.members[9].end = MemberEnd::kFailed;
  return sweep;
}

TEST(Head, SaysWhoBeatsTheFirstOneInTheSeedsThatBothHave) {
  const Answered found = answered(first_by_easy_seeds());
  EXPECT_THAT(found.head(), StartsWith("Best mean of 2 combinations: frozen. Accuracy 87.6 % ("));
  EXPECT_THAT(found.head(), EndsWith(" a run. 1 other beats it in the seeds that both have."));
  const PairResult& pair = found.answer.to_first[0];
  EXPECT_EQ(plain(pair.words), "“fine-tune” beats the first one: +5.1 points, 95 % interval 4.9 to 5.3 (3 seeds)");
  const PairResult turned = seen_from(0, pair);
  EXPECT_EQ(turned.worse, 1);
  EXPECT_NEAR(turned.difference.mean, -0.051, 1e-12);
  EXPECT_NEAR(turned.difference.interval.low, -0.053484, 1e-6);
  EXPECT_NEAR(turned.difference.interval.high, -0.048516, 1e-6);
  EXPECT_EQ(turned.probability, 0);
}

TEST(Head, OfWhatDivergedEverywhereSaysSo) {
  RecordedSweep sweep = sweep_of(kFarApart);
  sweep.members[0].end = sweep.members[6].end = MemberEnd::kDiverged;
  const Answered found = answered(sweep);
  EXPECT_THAT(found.head(), StartsWith("Best mean of 2 combinations: fine-tune."));
  EXPECT_THAT(found.head(), EndsWith(" It diverged in one seed, as all did in some."));
}

TEST(Head, OfSuccessiveHalvingCountsWhoTrainedToTheEnd) {
  EXPECT_THAT(answered(test::halving_sweep()).head(),
              StartsWith("First of 2 combinations that trained to the end, of 18 in all: "));
}

TEST(Head, OfChoicesThatAreAlikeEverywhereSaysItOnce) {
  RecordedSweep sweep = test::empty_sweep("alike", 5);
  test::add_choices(sweep, "strategy", {"frozen", "fine-tune"});
  test::add_choices(sweep, "images", {"20", "500"});
  for (int point = 0; point < 4; ++point) {
    for (int seed = 1; seed <= 5; ++seed) {
      test::add_member(sweep, point, seed, {point < 2 ? "frozen" : "fine-tune", point % 2 == 0 ? "20" : "500"}).value =
          0.8 + 0.01 * ((seed + point) % 3);
    }
  }
  EXPECT_THAT(answered(sweep).head(),
              HasSubstr(" At no setting can a choice be told from the best one. Averaged over images 20 and 500, not "
                        "distinguishable: "));
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
  EXPECT_EQ(plain(found.answer.recommendation->reason),
            "Recommended: “frozen”, which is within one standard error of the best mean and takes 0.50 s a run instead "
            "of 6.00 s; by "
            "the interval of the difference it may be up to 1.2 points worse.");
  EXPECT_EQ(found.head(),
            "Best mean of 2 combinations: fine-tune. Accuracy 91.2 % (95 % interval 90.4 to 92.0, 6 seeds), 6.00 s a "
            "run. 1 other cannot be told from it. Recommended: “frozen”, which is within one standard error of the "
            "best mean and takes "
            "0.50 s a run instead of 6.00 s; by the interval of the difference it may be up to 1.2 points worse.");
}

// Not known to be worse, but known even less to be as good: the difference is twice its standard error.
TEST(Recommendation, IsNotWhatIsOnlyNotKnownToBeWorse) {
  RecordedSweep sweep = sweep_of({{0.80, 0.84, 0.80, 0.84, 0.82}, {0.84, 0.84, 0.85, 0.84, 0.84}});
  for (auto& member : sweep.members) member.seconds = member.info.point() == 0 ? 0.5 : 6;
  const Answered found = answered(sweep);
  EXPECT_TRUE(found.answer.points[0].is_like_first);
  EXPECT_EQ(found.answer.recommendation->point, 1);
}

// Seven seeds each, of which they have four in common.
TEST(Recommendation, NeedsEnoughSeedsInCommon) {
  RecordedSweep sweep = cheap_is_as_good(10);
  for (const int failed : {0, 1, 2, 13, 14, 15}) sweep.members[failed].end = MemberEnd::kFailed;
  EXPECT_EQ(answered(sweep).answer.recommendation->reason,
            "Recommended: “fine-tune”, for the best mean; no cheaper one is known to be as good.");
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
               "after all epochs. So the choices of activation are not compared with each other."));
  EXPECT_THAT(answered(sweep_of(kFarApart)).caveats(), IsEmpty());
}

}  // namespace
}  // namespace thaw::reports
