// Experiments that train side by side leave what each of them leaves alone, byte by byte.
#include "runner/train/side_by_side.h"

#include <gmock/gmock.h>

#include "runner/store/run_folder.h"
#include "runner/train/run_facts.h"
#include "tests/store/temp_folder.h"
#include "tests/train/run_folders.h"

namespace thaw {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

using Settings = std::vector<std::string>;

const std::string kFrozen = "transfer={ rules { rule { match: 'conv2d' trainable: false } } }";
const std::string kFrozenUncached =
    "transfer={ rules { rule { match: 'conv2d' trainable: false } } trunk { cache: false } }";

/// Members of all kinds: heads, optimizers, rates, epochs, early stopping, losses, metrics, one that diverges.
const std::vector<Settings> kMembers{
    {},
    {"model.layer[features].dense.units=7", "train.optimizer={ sgd { learning_rate: 0.05 momentum: 0.9 } }"},
    {"train.epochs=2", "train.optimizer.adam.learning_rate=0.01", "train.schedule={ cosine {} }"},
    {"train.epochs=6", "train.early_stopping={ patience: 1 min_delta: 1 }", "report.samples=9"},
    {"train.optimizer={ sgd { learning_rate: 1e6 } }"},
    {"train.loss[0].categorical_cross_entropy.label_smoothing=0.2", "train.loss[1].weight=4",
     "train.best={ metric: 'bounding_box/iou' direction: MAX }", "metric[0]={ output: 'classification' f1_score {} }"},
    {"train.checkpoint.every_steps=2", "train.optimizer={ rmsprop {} }", "train.gradient_clipping.global_norm=0.5",
     "train.class_weight={ balanced {} }"},
    {"model.layer[features]={ name: 'features' dense { units: 5 activation: TANH } }"}};

class SideBySideTest : public TempFolderTest {
 protected:
  RunOptions options(const std::string& runs) const {
    RunOptions options;
    options.runs_root = in(runs);
    options.command = "thaw run tiny.pbtxt";
    return options;
  }

  static PreparedExperiment prepared(const Settings& common, const Settings& own) {
    Settings all = common;
    all.insert(all.end(), own.begin(), own.end());
    return prepare_tiny(all);
  }

  std::vector<RunOutcome> alone(const std::string& runs, const Settings& common,
                                const std::vector<Settings>& members = kMembers) const {
    std::vector<RunOutcome> outcomes;
    for (const Settings& member : members) {
      outcomes.push_back(run_experiment(prepared(common, member), make_cpu_device(2), options(runs)));
    }
    return outcomes;
  }

  std::vector<RunOutcome> beside(const RunOptions& how, const Settings& common,
                                 const std::vector<Settings>& members = kMembers) const {
    std::vector<PreparedExperiment> all;
    for (const Settings& member : members) all.push_back(prepared(common, member));
    return run_side_by_side(std::move(all), make_cpu_device(2), how);
  }

  static void expect_same(const std::vector<RunOutcome>& expected, const std::vector<RunOutcome>& found) {
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(found[i].end, expected[i].end) << i;
      EXPECT_EQ(found[i].message, expected[i].message) << i;
      const LeftBehind wanted = left_behind(expected[i].folder), left = left_behind(found[i].folder);
      EXPECT_EQ(left.events, wanted.events) << i;
      EXPECT_EQ(left.files, wanted.files) << i;
    }
  }

  static std::vector<RunEnd> ends(const std::vector<RunOutcome>& outcomes) {
    std::vector<RunEnd> found;
    for (const RunOutcome& outcome : outcomes) found.push_back(outcome.end);
    return found;
  }
};

TEST_F(SideBySideTest, LeavesWhatEachLeavesAlone) {
  const Settings common{kFrozen, "data.train.synthesis.same_every_epoch=true"};
  const auto expected = alone("alone", common), found = beside(options("beside"), common);
  expect_same(expected, found);
  EXPECT_EQ(found[4].end, RunEnd::kDiverged);
  EXPECT_EQ(load_run(found[3].folder).finished->reason(), "early stopping");
  const Started started = load_run(found[0].folder).started;
  EXPECT_THAT(started.beside(), SizeIs(kMembers.size() - 1));
  EXPECT_THAT(load_run(expected[0].folder).started.beside(), SizeIs(0));
}

TEST_F(SideBySideTest, LeavesTheSameWhereTheTrunkRunsInEveryEpoch) {
  expect_same(alone("alone", {kFrozen}), beside(options("beside"), {kFrozen}));
  expect_same(alone("alone2", {kFrozenUncached}), beside(options("beside2"), {kFrozenUncached}));
}

TEST_F(SideBySideTest, LeavesTheSameWithAugmentationAndNoValidationSet) {
  write_plain(in("augmented.pbtxt"),
              "name: 'augmented' data { train { augmentation { random_brightness {} } synthesis { samples: 40 "
              "same_every_epoch: true canvas { height: 24 width: 24 } glyphs { characters: '012' size: 10 scale_max: 1 "
              "slant: 0 rotation: 0 thickness_max: 2 } } } } model { input { height: 24 width: 24 channels: 1 } "
              "layer { conv2d { filters: 16 kernel_size: 3 activation: RELU } } layer { flatten {} } "
              "layer { name: 'label' dense { units: 3 activation: SOFTMAX } } } train { epochs: 4 batch_size: 16 "
              "optimizer { adam {} } loss { output: 'label' categorical_cross_entropy {} } }");
  for (const std::string variants : {"", "2"}) {
    const auto prepared_of = [&](const std::string& change) {
      Settings settings{kFrozen, change};
      if (!variants.empty()) settings.push_back("data.train.variants=" + variants);
      return prepare(load_experiment(in("augmented.pbtxt"), settings), {});
    };
    std::vector<RunOutcome> expected;
    std::vector<PreparedExperiment> together;
    for (const std::string change : {"train.epochs=2", "train.epochs=3", "train.optimizer={ sgd {} }"}) {
      expected.push_back(run_experiment(prepared_of(change), make_cpu_device(2), options("alone" + variants)));
      together.push_back(prepared_of(change));
    }
    expect_same(expected, run_side_by_side(std::move(together), make_cpu_device(2), options("beside" + variants)));
  }
}

TEST_F(SideBySideTest, TheTrunkRunsOnceForAll) {
  const Settings common{kFrozen, "data.train.synthesis.same_every_epoch=true"};
  const auto outcomes = beside(options("runs"), common, {{}, {"train.epochs=2"}, {"train.epochs=3"}});
  std::vector<std::int64_t> computed;
  for (const RunOutcome& outcome : outcomes) {
    for (const TrunkReady& ready : load_run(outcome.folder).trunks) computed.push_back(ready.computed());
  }
  EXPECT_THAT(computed, ElementsAre(78, 20, 0, 0, 0, 0));
  // One file for all: frozen weights and pictures are written once.
  for (const RunOutcome& outcome : outcomes) {
    EXPECT_EQ(std::filesystem::hard_link_count(outcome.folder + "/checkpoints/frozen.safetensors"), 3u);
    EXPECT_EQ(std::filesystem::hard_link_count(outcome.folder + "/samples/seen-train-000000.png"), 3u);
  }
}

TEST_F(SideBySideTest, PausesAfterAnEpochAndGoesOnToTheSameBytes) {
  const Settings common{kFrozen};
  const auto expected = alone("alone", common);
  RunOptions how = options("beside");
  how.until_epoch = 1;
  EXPECT_THAT(ends(beside(how, common)),
              ElementsAre(RunEnd::kPaused, RunEnd::kPaused, RunEnd::kPaused, RunEnd::kPaused, RunEnd::kDiverged,
                          RunEnd::kPaused, RunEnd::kPaused, RunEnd::kPaused));
  // Some go on alone, so that they stand at different steps.
  how.until_epoch = 2;
  EXPECT_EQ(run_experiment(prepared(common, kMembers[1]), make_cpu_device(2), how).end, RunEnd::kPaused);
  how.until_epoch = 3;
  EXPECT_EQ(run_experiment(prepared(common, kMembers[3]), make_cpu_device(2), how).end, RunEnd::kDone) << "early";
  EXPECT_EQ(run_experiment(prepared(common, kMembers[7]), make_cpu_device(2), how).end, RunEnd::kPaused);
  how.until_epoch = 0;
  const auto found = beside(how, common);
  for (std::size_t i = 0; i < kMembers.size(); ++i) {
    EXPECT_EQ(left_behind(found[i].folder).events, left_behind(expected[i].folder).events) << i;
    EXPECT_EQ(left_behind(found[i].folder).files, left_behind(expected[i].folder).files) << i;
  }
}

TEST_F(SideBySideTest, LeavesOutWhatAnotherProcessTrains) {
  const Settings common{kFrozen};
  const std::vector<Settings> members{{}, {"train.epochs=2"}};
  const std::string id = run_id(prepared(common, members[1]), *make_cpu_device(2)).substr(0, 12);
  const RunFolder held = RunFolder::open(in("runs"), "tiny", id);
  const auto outcomes = beside(options("runs"), common, members);
  EXPECT_EQ(outcomes[0].end, RunEnd::kDone);
  EXPECT_EQ(outcomes[1].end, RunEnd::kStopped);
  EXPECT_EQ(outcomes[1].folder, "");
  EXPECT_EQ(outcomes[1].message, id + ": another process (pid " + std::to_string(::getpid()) + ") trains it");
}

TEST_F(SideBySideTest, TheTimeOfEachIncludesTheJudgingOfItsBestWeights) {
  const Settings common{kFrozen,           "train.epochs=1",    "data.train.synthesis.samples=16",
                        "report.worst=60", "report.samples=60", "data.validation.synthesis.samples=2000"};
  const auto outcomes = beside(options("runs"), common, {{}, {"train.optimizer={ sgd {} }"}});
  double trained_s = 0;
  std::int64_t epoch_end_ms = 0, end_ms = 0;
  for (const Event& event : read_record(outcomes[0].folder + "/record.binpb").events) {
    if (event.has_finished()) end_ms = event.time_unix_ms();
    if (!event.has_epoch_end()) continue;
    const TimeSplit& time = event.epoch_end().time();
    trained_s = time.data_wait_s() + time.forward_s() + time.backward_s() + time.update_s() + time.other_s() +
                time.validation_s();
    epoch_end_ms = event.time_unix_ms();
  }
  const double judged_s = static_cast<double>(end_ms - epoch_end_ms - 2) / 1000;
  EXPECT_GT(judged_s, 0);
  EXPECT_GE(load_run(outcomes[0].folder).finished->wall_s(), trained_s + judged_s);
}

TEST_F(SideBySideTest, WhatIsDoneStaysDone) {
  const Settings common{kFrozen};
  const auto first = beside(options("runs"), common);
  const auto again = beside(options("runs"), common);
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(again[i].end, first[i].end);
    EXPECT_EQ(again[i].folder, first[i].folder);
  }
  EXPECT_EQ(again[0].message, "already done");
  EXPECT_THAT(again[4].message, HasSubstr("diverged before, and would again: "));
}

TEST_F(SideBySideTest, AReportIsWrittenForEachAsItEnds) {
  std::vector<std::string> reported;
  RunOptions how = options("runs");
  how.write_report = [&](const std::string& folder) { reported.push_back(folder); };
  const auto outcomes = beside(how, {kFrozen}, {{"train.epochs=3"}, {"train.epochs=1"}, {"train.epochs=2"}});
  EXPECT_THAT(reported, ElementsAre(outcomes[1].folder, outcomes[2].folder, outcomes[0].folder));
}

TEST_F(SideBySideTest, RefusesExperimentsOfOtherKeys) {
  const auto message = message_of<InternalError>([&] { beside(options("runs"), {kFrozen}, {{}, {"seed=2"}}); });
  EXPECT_THAT(message, HasSubstr("these experiments cannot train side by side"));
  EXPECT_THAT(message_of<InternalError>([&] {
                beside(options("runs"), {}, {{}, {"train.epochs=1"}});
              }),
              HasSubstr("these experiments cannot train side by side"));
}

}  // namespace
}  // namespace thaw
