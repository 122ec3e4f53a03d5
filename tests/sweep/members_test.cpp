// What a sweep expands to.
#include "runner/sweep/members.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "runner/config/resolve.h"
#include "runner/sweep/search.h"
#include "tests/sweep/sweep_text.h"

namespace thaw {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kOptimizers = R"(
  axis {
    name: "optimizer"
    choice { name: "Adam" set { train { optimizer { adam {} } } } }
    choice { name: "SGD" set { train { optimizer { sgd { learning_rate: 0.1 } } } } }
  })";
const std::string kWidths = R"(
  axis { name: "width" field: "model.layer[features].dense.units" values: [4, 16] })";

std::string sweep(const std::string& text) { return "sweep {" + text + "\n}\n"; }

TEST(ExpandSweep, AGridVariesTheLastAxisFirstAndKeepsRepeatsTogether) {
  const SweepMembers members = expand_text("seed: 7\n" + sweep("repeats: 2" + kOptimizers + kWidths));
  EXPECT_THAT(all_words(members), ElementsAre("optimizer \"Adam\", width 4", "optimizer \"Adam\", width 16",
                                              "optimizer \"SGD\", width 4", "optimizer \"SGD\", width 16"));
  ASSERT_EQ(members.members.size(), 8U);
  EXPECT_EQ(members.members[3].point, 1);
  EXPECT_EQ(members.members[3].seed, 8U);
  EXPECT_EQ(members.find(1, 8), 3U);
  EXPECT_EQ(members.find(1, 9), std::nullopt);
  EXPECT_EQ(members.find(4, 7), std::nullopt);
  EXPECT_EQ(members.compare, "optimizer");
  EXPECT_EQ(members.metric, "loss");
  EXPECT_NO_THROW(check_members(members));
}

TEST(ExpandSweep, AMemberIsTheFileWithItsChangesAndNoSweep) {
  const SweepMembers members = expand_text(sweep("repeats: 3" + kOptimizers + kWidths));
  const LoadedExperiment member = members.experiment({3, 2});
  EXPECT_FALSE(member.config.has_sweep());
  EXPECT_EQ(member.config.seed(), 2U);
  EXPECT_TRUE(member.config.train().optimizer().has_sgd()) << "the file's Adam is replaced";
  EXPECT_EQ(member.config.model().layer(3).dense().units(), 16);
  EXPECT_EQ(member.resolved_text, resolve(member.config));
  EXPECT_THAT(member.resolved_text, Not(HasSubstr("sweep")));
}

TEST(ExpandSweep, WhatAChoiceSetsHasItsPlace) {
  const SweepMembers members = expand_text(sweep(kOptimizers + kWidths));
  const LoadedExperiment member = members.experiment({3, 1});
  EXPECT_EQ(member.places.at("train.optimizer.sgd.learning_rate").line, 6);
  EXPECT_EQ(member.places.count("train.optimizer.adam"), 0U);
  EXPECT_EQ(member.places.at("model.layer[3].dense.units").line, 8);
}

TEST(ExpandSweep, WithoutAxesTheFileIsRepeated) {
  const SweepMembers members = expand_text(sweep("repeats: 4"));
  EXPECT_EQ(members.members.size(), 4U);
  EXPECT_THAT(all_words(members), ElementsAre("the file as it is"));
  EXPECT_EQ(members.compare, "");
}

TEST(ExpandSweep, WhatTheFileLacksMayComeFromTheAxes) {
  const std::string axes = R"(
  axis {
    name: "stopping"
    choice { name: "early" set { train { early_stopping { patience: 2 } } } }
    choice { name: "never" }
  })";
  EXPECT_EQ(expand_text(sweep(axes)).points.size(), 2U);
  const std::string data = R"(data { train { cifar10 {} } }
sweep { axis { name: "data" choice { name: "a" set { data { train { cifar10 { path: "a" } } } } } } }
)";
  EXPECT_EQ(expand_text(data).experiment({0, 1}).config.data().train().cifar10().path(0), "a");
}

TEST(ExpandSweep, OverridesReachOneElementOfAList) {
  const SweepMembers members = expand_text(sweep(R"(
  axis {
    name: "width"
    choice { name: "narrow" override: "model.layer[features].dense.units=2" override: "train.epochs=5" }
    choice { name: "wide" override: "model.layer[features].dense.units=64" }
  })"));
  EXPECT_EQ(members.experiment({0, 1}).config.model().layer(3).dense().units(), 2);
  EXPECT_EQ(members.experiment({0, 1}).config.train().epochs(), 5);
  EXPECT_EQ(members.experiment({1, 1}).config.model().layer(3).dense().units(), 64);
}

TEST(ExpandSweep, NumbersOfAGridAreEvenShortAndEndAtTheLimits) {
  const auto words = [](const std::string& axis) { return all_words(expand_text(sweep(axis))); };
  EXPECT_THAT(
      words(
          R"(axis { name: "r" field: "train.optimizer.adam.learning_rate" log_uniform { min: 1e-4 max: 0.1 points: 4 } })"),
      ElementsAre("r 0.0001", "r 0.001", "r 0.01", "r 0.1"));
  EXPECT_THAT(
      words(
          R"(axis { name: "r" field: "train.optimizer.adam.learning_rate" uniform { min: 0.1 max: 0.2 points: 4 } })"),
      ElementsAre("r 0.1", "r 0.13333", "r 0.16667", "r 0.2"));
  EXPECT_THAT(words(R"(axis { name: "n" field: "train.batch_size" log_uniform { min: 4 max: 64 points: 5 } })"),
              ElementsAre("n 4", "n 8", "n 16", "n 32", "n 64"));
  EXPECT_THAT(words(R"(axis { name: "n" field: "train.batch_size" int_range { min: 3 max: 11 step: 4 } })"),
              ElementsAre("n 3", "n 7", "n 11"));
  EXPECT_THAT(words(R"(axis { name: "r" field: "train.optimizer.adam.learning_rate" values: [3e-9, 0.25, 1e-05] })"),
              ElementsAre("r 3e-9", "r 0.25", "r 0.00001"));
}

TEST(ExpandSweep, ANumberIsExactlyWhatItsTextSays) {
  const SweepMembers members = expand_text(sweep(R"(
  axis { name: "r" field: "train.optimizer.adam.learning_rate" log_uniform { min: 1e-4 max: 0.1 } }
  search { random { members: 50 } })"));
  for (int point = 0; point < 50; ++point) {
    const Setting& setting = members.points[static_cast<std::size_t>(point)][0];
    EXPECT_EQ(std::stod(setting.text()), setting.number());
    EXPECT_EQ(members.experiment({point, 1}).config.train().optimizer().adam().learning_rate(), setting.number());
    EXPECT_LE(setting.text().size(), 10U) << setting.text();
  }
}

TEST(ExpandSweep, ExcludedCombinationsAreLeftOutAndSaid) {
  const SweepMembers members = expand_text(sweep(kOptimizers + kWidths + R"(
  exclude { when { axis: "optimizer" choice: "SGD" } when { axis: "width" at_most: 8 } }
  exclude { when { axis: "width" value: [16, 3] } when { axis: "optimizer" choice: ["Adam"] } })"));
  EXPECT_THAT(all_words(members), ElementsAre("optimizer \"Adam\", width 4", "optimizer \"SGD\", width 16"));
  EXPECT_THAT(members.excluded, ElementsAre("optimizer \"SGD\" with width at most 8: 1 combination",
                                            "width 16 or 3 with optimizer \"Adam\": 1 combination"));
}

TEST(ExpandSweep, DrawnCombinationsAreDifferentAndNoneIsExcluded) {
  for (const std::string sampling : {"INDEPENDENT", "SOBOL", "LATIN_HYPERCUBE"}) {
    SCOPED_TRACE(sampling);
    const SweepMembers members = expand_text(sweep(kOptimizers + R"(
  axis { name: "n" field: "train.batch_size" int_range { min: 1 max: 10 } }
  exclude { when { axis: "optimizer" choice: "SGD" } when { axis: "n" at_least: 6 } }
  search { random { members: 15 sampling: )" + sampling +
                                                   " } }"));
    const std::vector<std::string> words = all_words(members);
    EXPECT_EQ(std::set<std::string>(words.begin(), words.end()).size(), 15U) << "all there are";
    for (const auto& settings : members.points) {
      EXPECT_FALSE(settings[0].text() == "SGD" && settings[1].number() >= 6);
    }
  }
}

TEST(ExpandSweep, MoreMembersKeepThoseOfFewerAndAnotherSeedDrawsOthers) {
  const auto words = [](const std::string& random) {
    return all_words(expand_text(sweep(kOptimizers + R"(
  axis { name: "r" field: "train.optimizer.sgd.momentum" uniform { min: 0 max: 0.9 } }
  search { random { )" + random + " } }")));
  };
  for (const std::string sampling : {"", "sampling: INDEPENDENT "}) {
    const auto few = words(sampling + "members: 10"), many = words(sampling + "members: 300");
    EXPECT_EQ(few, std::vector<std::string>(many.begin(), many.begin() + 10));
    EXPECT_EQ(few, words(sampling + "members: 10"));
    EXPECT_NE(few, words(sampling + "members: 10 seed: 2"));
  }
}

TEST(ExpandSweep, EachPartOfALatinHypercubesAxisIsHitOnce) {
  const int count = 37;
  const SweepMembers members = expand_text(sweep(R"(
  axis { name: "r" field: "train.optimizer.adam.learning_rate" log_uniform { min: 1e-4 max: 0.1 } }
  axis { name: "d" field: "train.optimizer.adam.weight_decay" uniform { min: 0 max: 0.5 } }
  search { random { members: 37 sampling: LATIN_HYPERCUBE } })"));
  std::set<int> rates, decays;
  for (const auto& settings : members.points) {
    rates.insert(static_cast<int>(std::log10(settings[0].number() / 1e-4) / 3 * count));
    decays.insert(static_cast<int>(settings[1].number() / 0.5 * count));
  }
  EXPECT_EQ(rates.size(), 37U);
  EXPECT_EQ(decays.size(), 37U);
}

TEST(ExpandSweep, TheResolvedFileExpandsToTheSameMembers) {
  const SweepMembers first = expand_text("transfer { gradual_unfreezing {} }\n" + sweep("repeats: 2" + kOptimizers + R"(
  axis {
    name: "stages"
    choice { name: "two" set { transfer { gradual_unfreezing { stage { at_epoch: 2 unfreeze: "features" } } } } }
    choice { name: "none" set { transfer { warm_start {} } } }
  }
  axis { name: "noise" field: "data.train.synthesis.noise" uniform { min: 0 max: 0.5 } }
  exclude { when { axis: "noise" at_most: 0.1 } }
  search { random { members: 9 } })"));
  const TemporaryFolder folder;
  write_file(folder.path() + "/again.pbtxt", first.sweep->resolved_text);
  const SweepMembers again = expand_sweep(load_experiment(folder.path() + "/again.pbtxt", {}));
  EXPECT_EQ(again.sweep->resolved_text, first.sweep->resolved_text);
  ASSERT_EQ(all_words(again), all_words(first));
  for (const SweepMember& member : first.members) {
    EXPECT_EQ(again.experiment(member).resolved_text, first.experiment(member).resolved_text);
  }
  EXPECT_NO_THROW(check_members(first));
  EXPECT_NO_THROW(check_members(again));
}

TEST(ExpandSweep, SettingsOnTheCommandLineReachTheSweep) {
  const std::string text = sweep("repeats: 5" + kWidths);
  EXPECT_EQ(expand_text(text, {"sweep.repeats=2", "sweep.axis[width].values=[1,2,3]"}).members.size(), 6U);
  EXPECT_EQ(expand_text(text, {"sweep.axis=[]"}).members.size(), 5U);
}

TEST(ExpandSweep, AxesWithoutNamesAreCalledByTheLastPartOfTheirFields) {
  const std::string rate = "axis { field: 'train.optimizer.adam.learning_rate' values: [0.1] }\n";
  const std::string units = "axis { field: 'model.layer[features].dense.units' values: [4] }\n";
  EXPECT_THAT(all_words(expand_text(sweep(rate + units))), ElementsAre("learning_rate 0.1, units 4"));
  EXPECT_THAT(all_words(expand_text(sweep(rate + "axis { field: 'train.epochs' values: [3, 4] }\n" +
                                          "exclude { when { axis: 'epochs' at_most: 3 } when { axis: 'learning_rate' "
                                          "at_least: 0.1 } }"))),
              ElementsAre("learning_rate 0.1, epochs 4"));
  EXPECT_THAT(all_words(expand_text(sweep(units + R"(
  axis { field: "model.layer[conv.1].conv2d.filters" values: [4] }
  axis { field: "model.layer[4].dense.units" values: [3] })"),
                                    {"model.layer[0].name=conv.1"})),
              ElementsAre("model.layer[features].dense.units 4, filters 4, model.layer[4].dense.units 3"));
  EXPECT_THAT(all_words(expand_text(sweep(units + R"(
  axis { name: "units" choice { name: "a" } })"))),
              ElementsAre("model.layer[features].dense.units 4, units \"a\""));
}

std::string refusal(const std::string& text, const std::vector<std::string>& overrides) {
  try {
    check_members(expand_text(text, overrides));
  } catch (const InputError& error) {
    return error.what();
  }
  return "fine";
}

TEST(CheckMembers, ASettingThatAnAxisOverrulesInAllOfThemIsAMistake) {
  const std::string text = sweep(kWidths + R"(
  axis {
    name: "stopping"
    choice { name: "early" set { train { early_stopping { patience: 1 } } } }
    choice { name: "late" set { train { early_stopping { patience: 3 } } } }
  })");
  EXPECT_EQ(refusal(text, {"model.layer[features].dense.units=7", "train.early_stopping.patience=2", "seed=4"}),
            "--set model.layer[features].dense.units=7: model.layer[3].dense.units: has no effect: axis \"width\" "
            "overrules it\n"
            "  expected a change of the axis, sweep.axis[0], or of a field that none sets\n"
            "--set train.early_stopping.patience=2: train.early_stopping.patience: has no effect: axis \"stopping\" "
            "overrules it\n"
            "  expected a change of the axis, sweep.axis[1], or of a field that none sets");
  EXPECT_EQ(refusal(text, {"train.early_stopping={ patience: 2 min_delta: 0.1 }"}), "fine") << "one field is left";
  EXPECT_EQ(refusal(text, {"model.layer[digit].dense.units=3", "sweep.axis[width].values=[2, 3]"}), "fine");
}

TEST(CheckMembers, ASettingThatReachesSomeOfThemIsToldOf) {
  const SweepMembers members =
      expand_text(sweep(kOptimizers + kWidths), {"train.optimizer.adam.learning_rate=0.5", "train.epochs=2"});
  EXPECT_THAT(check_members(members),
              ElementsAre("--set train.optimizer.adam.learning_rate=0.5: train.optimizer.adam.learning_rate: has no "
                          "effect: axis \"optimizer\" overrules it (in both members with optimizer \"SGD\")\n"
                          "  expected a change of the axis, sweep.axis[0], or of a field that none sets"));
}

TEST(ExpandSweep, HalvingsMembersAndRungs) {
  const SweepMembers members = expand_text("train { epochs: 10 }\n" + sweep(R"(
  axis { name: "n" field: "train.batch_size" int_range { min: 1 max: 100 } }
  search { successive_halving { members: 20 } })"));
  EXPECT_EQ(members.points.size(), 20U);
  EXPECT_THAT(members.rung_epochs, ElementsAre(1, 3, 10));
  EXPECT_THAT(members.rung_points, ElementsAre(20, 6, 2));
}

TEST(PlanRungs, EndWithAllEpochsAndLeaveOutWhatDecidesNothing) {
  const auto rungs = [](int min_epochs, int reduction, int points, int epochs) {
    SuccessiveHalving halving;
    halving.set_min_epochs(min_epochs);
    halving.set_reduction(reduction);
    const Rungs planned = plan_rungs(halving, points, epochs);
    return std::pair(planned.epochs, planned.points);
  };
  using Plan = std::pair<std::vector<int>, std::vector<int>>;
  EXPECT_EQ(rungs(1, 3, 27, 27), (Plan{{1, 3, 9, 27}, {27, 9, 3, 1}}));
  EXPECT_EQ(rungs(1, 3, 100, 10), (Plan{{1, 3, 10}, {100, 33, 11}})) << "not once more after 9 of 10 epochs";
  EXPECT_EQ(rungs(2, 2, 4, 40), (Plan{{2, 4, 40}, {4, 2, 1}})) << "one is left: nothing to decide after 8 epochs";
  EXPECT_EQ(rungs(3, 4, 5, 8), (Plan{{3, 8}, {5, 1}}));
}

}  // namespace
}  // namespace thaw
