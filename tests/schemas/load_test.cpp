#include "runner/config/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "runner/config/resolve.h"
#include "schemas/textproto.h"
#include "tests/schemas/config_file.h"
#include "tests/schemas/temporary_folder.h"

namespace thaw {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const std::string kGood = std::string(THAW_SOURCE_DIR) + "/tests/bad_configs/base/good.pbtxt";

// Each test in a folder of its own, so that files are named shortly.
class Load : public ::testing::Test {
 protected:
  Load() : here_(folder_.path()) {}

  static LoadedExperiment load_on_good(const std::string& text, const std::vector<std::string>& overrides = {}) {
    write_file("x.pbtxt", "base: \"" + kGood + "\"\n" + text);
    return load_experiment("x.pbtxt", overrides);
  }

  static std::string place(const LoadedExperiment& loaded, const std::string& path) {
    const auto found = loaded.places.find(path);
    if (found == loaded.places.end()) return "nowhere";
    return fs::path(found->second.file).filename().string() + ":" + std::to_string(found->second.line);
  }

 private:
  TemporaryFolder folder_;
  InFolder here_;
};

TEST_F(Load, SaysWhyAFileCannotBeRead) {
  EXPECT_EQ(verdict("nowhere.pbtxt"), "nowhere.pbtxt: no such file");
  fs::create_directory("folder");
  EXPECT_EQ(verdict("folder"), "folder: is a directory");
  write_file("large.pbtxt", std::string((1 << 20) + 1, '#'));
  EXPECT_EQ(verdict("large.pbtxt"), "large.pbtxt: is larger than 1 MiB");
  EXPECT_EQ(verdict("/proc/self/mem"), "/proc/self/mem: cannot be read: Input/output error");
  write_file("nothing.pbtxt", "");
  EXPECT_EQ(verdict("nothing.pbtxt"),
            "nothing.pbtxt: is empty\n  expected an experiment; `thaw explain` lists its fields");
}

TEST_F(Load, SaysWhyAFileMayNotBeRead) {
  write_file("secret.pbtxt", "");
  fs::permissions("secret.pbtxt", fs::perms::none);
  if (geteuid() == 0) GTEST_SKIP() << "root may read everything";
  EXPECT_EQ(verdict("secret.pbtxt"), "secret.pbtxt: cannot be read: Permission denied");
}

TEST_F(Load, RefusesEndlessChainsOfBases) {
  for (int i = 0; i < 12; ++i) {
    write_file("b" + std::to_string(i) + ".pbtxt", "base: \"b" + std::to_string(i + 1) + ".pbtxt\"\n");
  }
  EXPECT_EQ(verdict("b0.pbtxt"), "b9.pbtxt:1:1: base: cannot use b10.pbtxt: more than 10 files are laid on each other");
}

TEST_F(Load, FindsABaseBesideItsFile) {
  fs::create_directories("deep/common");
  write_file("deep/common/a.pbtxt", "base: \"" + kGood + "\"\nseed: 5\n");
  write_file("deep/x.pbtxt", "base: \"common/a.pbtxt\"\n");
  const LoadedExperiment loaded = load_experiment("deep/x.pbtxt", {});
  EXPECT_EQ(loaded.config.seed(), 5u);
  EXPECT_EQ(loaded.file, "deep/x.pbtxt");
  EXPECT_EQ(loaded.folder, "deep");
  EXPECT_EQ(place(loaded, "seed"), "a.pbtxt:2");
}

TEST_F(Load, MergesMessagesFieldByField) {
  const LoadedExperiment loaded = load_on_good("train { epochs: 9 }");
  EXPECT_EQ(loaded.config.train().epochs(), 9);
  EXPECT_EQ(loaded.config.train().loss_size(), 2);
  EXPECT_TRUE(loaded.config.train().optimizer().has_adam());
  EXPECT_EQ(place(loaded, "train.epochs"), "x.pbtxt:2");
  EXPECT_EQ(place(loaded, "train.loss[1].output"), "good.pbtxt:23");
}

TEST_F(Load, ReplacesRepeatedFields) {
  const LoadedExperiment loaded = load_on_good("metric { output: \"digit\" accuracy {} }");
  EXPECT_EQ(loaded.config.metric_size(), 1);
  EXPECT_EQ(place(loaded, "metric[0]"), "x.pbtxt:2");
  EXPECT_EQ(place(loaded, "metric[1]"), "nowhere");
}

TEST_F(Load, SwitchesChoices) {
  const LoadedExperiment loaded = load_on_good("train { optimizer { sgd { momentum: 0.9 } } }");
  EXPECT_TRUE(loaded.config.train().optimizer().has_sgd());
  EXPECT_EQ(place(loaded, "train.optimizer.adam"), "nowhere");
  EXPECT_EQ(place(loaded, "train.optimizer.sgd.momentum"), "x.pbtxt:2");
}

TEST_F(Load, KeepsTheSameChoiceAndMergesIt) {
  write_file("a.pbtxt", "base: \"" + kGood + "\"\ntrain { optimizer { sgd { momentum: 0.9 } } }\n");
  write_file("b.pbtxt", "base: \"a.pbtxt\"\ntrain { optimizer { sgd { nesterov: true } } }\n");
  const Sgd sgd = load_experiment("b.pbtxt", {}).config.train().optimizer().sgd();
  EXPECT_EQ(sgd.momentum(), 0.9);
  EXPECT_TRUE(sgd.nesterov());
}

TEST_F(Load, AppliesOverridesInOrder) {
  const LoadedExperiment loaded =
      load_on_good("", {"train.epochs=3", " train.epochs = 4 ", "name=abc", "description=\"a \\\"b\\\"\"",
                        "model.layer[0].conv2d.kernel_size=[3, 5]", "model.layer[0].conv2d.kernel_size[1]=7",
                        "model.layer[features].dense.units=16", "model.layer[conv2d].conv2d.padding=SAME",
                        "train.optimizer.sgd.learning_rate=0.5", "train.loss[box].weight=3", "data.train.shuffle=false",
                        "metric={ output: 'box' mean_absolute_error {} }", "train.early_stopping={}"});
  const Experiment& config = loaded.config;
  EXPECT_EQ(config.train().epochs(), 4);
  EXPECT_EQ(config.name(), "abc");
  EXPECT_EQ(config.description(), "a \"b\"");
  EXPECT_EQ(config.model().layer(0).conv2d().kernel_size(0), 3);
  EXPECT_EQ(config.model().layer(0).conv2d().kernel_size(1), 7);
  EXPECT_EQ(config.model().layer(3).dense().units(), 16);
  EXPECT_EQ(config.model().layer(0).conv2d().padding(), SAME);
  EXPECT_EQ(config.train().optimizer().sgd().learning_rate(), 0.5);
  EXPECT_EQ(config.train().loss(1).weight(), 3);
  EXPECT_FALSE(config.data().train().shuffle());
  ASSERT_EQ(config.metric_size(), 1);
  EXPECT_TRUE(config.metric(0).has_mean_absolute_error());
  EXPECT_TRUE(config.train().has_early_stopping());
  EXPECT_EQ(place(loaded, "train.optimizer.adam"), "nowhere");
  EXPECT_EQ(place(loaded, "train.loss[1].weight"), "--set train.loss[box].weight=3:0");
}

TEST_F(Load, EmptiesAListByOverride) {
  const LoadedExperiment loaded = load_on_good("", {"metric=[]"});
  EXPECT_EQ(loaded.config.metric_size(), 0);
  EXPECT_EQ(place(loaded, "metric[0]"), "nowhere");
}

TEST_F(Load, LeavesNothingBehindOfABadOverride) {
  EXPECT_EQ(verdict(kGood, {"train.schedule.step.every_epochs=x"}),
            "--set train.schedule.step.every_epochs=x: train.schedule.step.every_epochs: cannot be x\n"
            "  expected a number above 0 (epochs)");
}

TEST_F(Load, WritesTheResolvedFile) {
  const LoadedExperiment loaded = load_on_good("", {"model.layer=[{ name: 'digit' dense { units: 3 } }]", "metric=[]"});
  const std::string& text = loaded.resolved_text;
  EXPECT_TRUE(
      text.starts_with("# proto-file: schemas/experiment.proto\n# proto-message: thaw.Experiment\nname: \"good\"\n"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("base")));
  EXPECT_THAT(
      text, HasSubstr("      objects {\n        min: 1\n        max: 1\n        overlap: true\n      }\n"));  // implied
  EXPECT_THAT(
      text,
      HasSubstr(
          "    adam {\n      learning_rate: 0.001\n      beta_1: 0.9\n      beta_2: 0.999\n      epsilon: 1e-07\n"));
  EXPECT_THAT(text,
              HasSubstr("      activation: LINEAR\n      use_bias: true\n      kernel_initializer: GLOROT_UNIFORM\n"));
  EXPECT_THAT(text, HasSubstr("report {\n  samples: 24\n  worst: 12\n}\n"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("early_stopping")));  // leaving it out means something else
}

TEST_F(Load, ResolvesWhatIsResolvedToTheSame) {
  const std::string first =
      load_on_good("train { optimizer { sgd { learning_rate: 0.30000000000000004 } } }").resolved_text;
  EXPECT_THAT(first, HasSubstr("learning_rate: 0.30000000000000004\n"));
  write_file("resolved.pbtxt", first);
  EXPECT_EQ(load_experiment("resolved.pbtxt", {}).resolved_text, first);
}

TEST(Experiments, ShippedOnesAreFine) {
  int count = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(fs::path(THAW_SOURCE_DIR) / "experiments")) {
    if (entry.path().extension() != ".pbtxt") continue;
    EXPECT_EQ(verdict(entry.path().string()), "fine") << entry.path();
    ++count;
  }
  EXPECT_GE(count, 3);
}

TEST(Experiments, ShippedOnesNameTheirSchema) {
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(fs::path(THAW_SOURCE_DIR) / "experiments")) {
    if (entry.path().extension() != ".pbtxt") continue;
    std::ifstream stream(entry.path());
    std::string first, second;
    std::getline(stream, first);
    std::getline(stream, second);
    EXPECT_EQ(first + "\n" + second, "# proto-file: schemas/experiment.proto\n# proto-message: thaw.Experiment")
        << entry.path();
  }
}

}  // namespace
}  // namespace thaw
