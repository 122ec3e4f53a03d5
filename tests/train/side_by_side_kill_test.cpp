// Experiments that train side by side are killed at any moment, and go on to the same result.
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "runner/data/random.h"
#include "runner/train/side_by_side.h"
#include "tests/store/temp_folder.h"
#include "tests/train/run_folders.h"

extern char** environ;

namespace thaw {
namespace {

constexpr const char* kFolder = "THAW_SIDE_BY_SIDE_RUNS";  // where the process that is killed works

std::vector<RunOutcome> run_all(const std::string& runs) {
  std::vector<PreparedExperiment> all;
  for (const std::string own : {"train.epochs=3", "train.epochs=5", "train.optimizer={ sgd { learning_rate: 0.1 } }",
                                "train.checkpoint.every_steps=2"}) {
    all.push_back(prepare_tiny({"transfer={ rules { rule { match: 'conv2d' trainable: false } } }", own}));
  }
  RunOptions options;
  options.runs_root = runs;
  return run_side_by_side(std::move(all), make_cpu_device(2), options);
}

/// What counts of a run, whatever was thrown away on the way.
std::string result_of(const std::string& folder) {
  const EffectiveRecord record = load_run(folder);
  std::string text = record.finished->weights_sha256() + record.finished->best_weights_sha256() +
                     record.finished->metrics_sha256() + record.finished->frozen_sha256();
  for (const EpochEnd& epoch : record.epochs) text += " " + std::to_string(epoch.epoch());
  return text + record.evaluation->SerializeAsString() + record.preview->SerializeAsString();
}

pid_t begin_process(const std::string& runs) {
  ::setenv(kFolder, runs.c_str(), 1);
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  const ::testing::TestInfo& this_test = *::testing::UnitTest::GetInstance()->current_test_info();
  const std::string filter = std::string("--gtest_filter=") + this_test.test_suite_name() + "." + this_test.name();
  const char* words[] = {self.c_str(), filter.c_str(), nullptr};
  pid_t pid = 0;
  const int failed = ::posix_spawn(&pid, self.c_str(), nullptr, nullptr, const_cast<char**>(words), environ);
  ::unsetenv(kFolder);
  return failed ? 0 : pid;
}

class SideBySideKill : public TempFolderTest {};

TEST_F(SideBySideKill, EndsWithTheSameResultHoweverOftenItIsKilled) {
  if (const char* runs = std::getenv(kFolder)) {  // this is the process that is killed
    run_all(runs);
    return;
  }
  std::vector<std::string> expected;
  for (const RunOutcome& outcome : run_all(in("whole"))) expected.push_back(result_of(outcome.folder));
  Draws draws(1, "kills", 0, 0);
  int kills = 0;
  for (bool is_done = false; !is_done && kills < 200;) {
    const pid_t pid = begin_process(in("killed"));
    ASSERT_GT(pid, 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(60 + draws.below(200) + 10 * kills));
    ::kill(pid, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    is_done = WIFEXITED(status);
    kills += is_done ? 0 : 1;
  }
  const auto outcomes = run_all(in("killed"));
  ASSERT_EQ(outcomes.size(), expected.size());
  int resumed = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(result_of(outcomes[i].folder), expected[i]) << i;
    resumed += load_run(outcomes[i].folder).resumed;
  }
  EXPECT_GT(kills, 0);
  EXPECT_GT(resumed, 0) << "it was killed while it trained";
}

}  // namespace
}  // namespace thaw
