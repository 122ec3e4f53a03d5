// A run that pauses after an epoch and goes on later ends with the same bytes as one that never did.
#include <gmock/gmock.h>

#include "reports/pages.h"
#include "runner/store/run_folder.h"
#include "tests/store/temp_folder.h"
#include "tests/train/run_folders.h"

namespace thaw {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PauseTest : public TempFolderTest {
 protected:
  RunOutcome run(const std::string& runs, int until_epoch, const std::vector<std::string>& overrides = {}) {
    RunOptions options;
    options.runs_root = in(runs);
    options.until_epoch = until_epoch;
    options.command = "thaw run tiny.pbtxt";
    return run_experiment(prepare_tiny(overrides), make_cpu_device(2), options);
  }

  /// The reasons that it was taken up again for, and the epochs after which it paused.
  static std::vector<std::string> breaks(const std::string& folder) {
    std::vector<std::string> found;
    for (const Event& event : read_record(folder + "/record.binpb").events) {
      if (event.has_resumed()) found.push_back(event.resumed().reason());
      if (event.has_stopped()) found.push_back(std::to_string(event.stopped().after_epoch()));
    }
    return found;
  }

  void expect_same(const std::vector<std::string>& overrides) {
    const RunOutcome whole = run("whole", 0, overrides);
    ASSERT_EQ(whole.end, RunEnd::kDone);
    for (const int until : {1, 3}) EXPECT_EQ(run("paused", until, overrides).end, RunEnd::kPaused) << until;
    const RunOutcome end = run("paused", 0, overrides);
    ASSERT_EQ(end.end, RunEnd::kDone);
    EXPECT_THAT(breaks(end.folder), ElementsAre("1", "paused", "3", "paused"));
    const LeftBehind expected = left_behind(whole.folder), found = left_behind(end.folder);
    EXPECT_EQ(found.events, expected.events);
    EXPECT_EQ(found.files, expected.files);
    EXPECT_EQ(load_run(end.folder).resumed, 0) << "its sweep asked for it";
  }
};

TEST_F(PauseTest, EndsWithTheSameBytes) { expect_same({}); }

TEST_F(PauseTest, EndsWithTheSameBytesUnderASchedule) {
  expect_same({"train.schedule={ cosine {} }", "train.optimizer={ sgd { learning_rate: 0.1 momentum: 0.9 } }"});
}

TEST_F(PauseTest, EndsWithTheSameBytesWhereAStageBeginsAfterThePause) {
  expect_same(
      {"transfer={ rules { rule { match: 'conv2d' trainable: false } stage { at_epoch: 4 rule { match: '*' "
       "trainable: true } } } }"});
}

TEST_F(PauseTest, SaysSoAndStaysResumable) {
  const RunOutcome outcome = run("runs", 2);
  EXPECT_EQ(outcome.end, RunEnd::kPaused);
  EXPECT_EQ(exit_code(outcome.end), 0);
  EXPECT_EQ(outcome.message, "paused after epoch 2 of 4");
  EXPECT_EQ(run_status(outcome.folder), RunStatus::kResumable);
  EXPECT_EQ(load_run(outcome.folder).epochs.size(), 2u);
  const std::string shown = render_show_text(outcome.folder);
  EXPECT_THAT(shown, HasSubstr("Paused after 2 of 4 epochs."));
  EXPECT_THAT(shown, HasSubstr("paused\n"));
}

TEST_F(PauseTest, AskedForNoMoreThanItHasDoesNothing) {
  const std::string folder = run("runs", 2).folder;
  const auto size = std::filesystem::file_size(folder + "/record.binpb");
  for (const int until : {1, 2}) {
    const RunOutcome again = run("runs", until);
    EXPECT_EQ(again.end, RunEnd::kPaused);
    EXPECT_EQ(again.message, "paused after epoch 2 before");
  }
  EXPECT_EQ(std::filesystem::file_size(folder + "/record.binpb"), size);
}

TEST_F(PauseTest, IsNoneAfterTheLastEpochOrWhereItEndsEarly) {
  EXPECT_EQ(run("runs", 4).end, RunEnd::kDone);
  EXPECT_EQ(run("runs", 9).message, "already done");
  const std::vector<std::string> early{"train.early_stopping={ patience: 1 }",
                                       "train.optimizer={ sgd { learning_rate: 1e-30 } }"};
  const RunOutcome outcome = run("early", 2, early);
  EXPECT_EQ(outcome.end, RunEnd::kDone);
  EXPECT_EQ(load_run(outcome.folder).finished->reason(), "early stopping");
}

TEST(ExitCode, IsZeroWhereWhatWasAskedForIsDone) {
  EXPECT_EQ(exit_code(RunEnd::kDone), 0);
  EXPECT_EQ(exit_code(RunEnd::kPaused), 0);
  EXPECT_EQ(exit_code(RunEnd::kDiverged), 3);
  EXPECT_EQ(exit_code(RunEnd::kStopped), 75);
}

}  // namespace
}  // namespace thaw
