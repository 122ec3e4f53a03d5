#include "runner/store/run_folder.h"

#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <vector>

#include "runner/store/durable_file.h"
#include "runner/store/record_writer.h"
#include "tests/store/temp_folder.h"

namespace thaw {
namespace {

class RunFolderTest : public TempFolderTest {
 protected:
  RunFolder open() { return RunFolder::open(in("runs"), "digits", "0123456789ab"); }
  std::string path_ = in("runs/digits/0123456789ab");
};

TEST_F(RunFolderTest, MakesItsFoldersAndKnowsItsPaths) {
  const RunFolder folder = open();
  EXPECT_EQ(folder.path(), path_);
  EXPECT_EQ(names(path_), (std::set<std::string>{"checkpoints", "lock", "samples"}));
  EXPECT_EQ(folder.experiment_path(), path_ + "/experiment.pbtxt");
  EXPECT_EQ(folder.record_path(), path_ + "/record.binpb");
  EXPECT_EQ(folder.report_path(), path_ + "/report.html");
  EXPECT_EQ(folder.checkpoints_path(), path_ + "/checkpoints");
  EXPECT_EQ(folder.best_checkpoint_path(), path_ + "/checkpoints/best.safetensors");
  EXPECT_EQ(folder.samples_path(), path_ + "/samples");
  EXPECT_EQ(RunFolder::sample_name("a.png"), "samples/a.png");
}

TEST_F(RunFolderTest, ASecondHolderIsRefusedUntilTheFirstGoes) {
  {
    const RunFolder first = open();
    EXPECT_EQ(
        message_of<InputError>([&] { open(); }),
        path_ + "/lock: another thaw process is running this experiment (pid " + std::to_string(::getpid()) + ")");
    std::filesystem::resize_file(path_ + "/lock", 0);
    EXPECT_EQ(message_of<InputError>([&] { open(); }),
              path_ + "/lock: another thaw process is running this experiment (pid unknown)");
  }
  open();
}

TEST_F(RunFolderTest, WaitsAsLongAsItIsToldTo) {
  std::optional<RunFolder> first = open();
  std::vector<std::string> holders;
  const auto open_waiting = [&](const RunFolder::Wait& wait) {
    return RunFolder::open(in("runs"), "digits", "0123456789ab", wait);
  };
  EXPECT_EQ(message_of<InputError>([&] {
              open_waiting([&](const std::string& holder) {
                holders.push_back(holder);
                return holders.size() < 3;
              });
            }),
            path_ + "/lock: another thaw process is running this experiment (pid " + std::to_string(::getpid()) + ")");
  EXPECT_EQ(holders, std::vector<std::string>(3, "pid " + std::to_string(::getpid())));
  open_waiting([&](const std::string&) {
    first.reset();
    return true;
  });
  EXPECT_FALSE(first);
}

TEST_F(RunFolderTest, AKilledProcessLetsGo) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const RunFolder folder = open();
    if (::write(ready[1], "x", 1) != 1) ::_exit(1);
    ::pause();
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_EQ(message_of<InputError>([&] { open(); }),
            path_ + "/lock: another thaw process is running this experiment (pid " + std::to_string(child) + ")");
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  open();
}

TEST_F(RunFolderTest, ClearsAwayWhatAKilledWriterLeft) {
  { open(); }
  for (const char* name : {"/report.html.tmp", "/checkpoints/best.safetensors.tmp", "/samples/a.png.tmp"}) {
    std::ofstream(path_ + name) << "half";
  }
  std::ofstream(path_ + "/samples/a.png") << "whole";
  open();
  EXPECT_EQ(names(path_), (std::set<std::string>{"checkpoints", "lock", "samples"}));
  EXPECT_EQ(names(path_ + "/checkpoints"), std::set<std::string>{});
  EXPECT_EQ(names(path_ + "/samples"), std::set<std::string>{"a.png"});
}

TEST_F(RunFolderTest, TheExperimentIsWrittenOnceAndMustStay) {
  const RunFolder folder = open();
  folder.write_experiment("name: \"a\"\n");
  folder.write_experiment("name: \"a\"\n");
  EXPECT_EQ(message_of<InputError>([&] { folder.write_experiment("name: \"b\"\n"); }),
            path_ +
                "/experiment.pbtxt: was changed since the run began; restore it, or remove the run's folder to "
                "start afresh");
  EXPECT_EQ(read_file(folder.experiment_path()), "name: \"a\"\n");
}

TEST_F(RunFolderTest, OtherWordsAndOtherLoaderThreadsAreTheSameExperiment) {
  const RunFolder folder = open();
  const std::string first =
      "name: \"a\"\ndescription: \"one\"\ndata {\n  loader_threads: 1\n  prefetch_batches: 4\n}\n";
  folder.write_experiment(first);
  folder.write_experiment("name: \"a\"\ndata {\n  loader_threads: 2\n  prefetch_batches: 8\n}\n");
  EXPECT_EQ(read_file(folder.experiment_path()), first);
  EXPECT_THROW(folder.write_experiment("name: \"a\"\ndata {\n  loader_threads: 1\n}\nseed: 2\n"), InputError);
}

TEST_F(RunFolderTest, StatusFollowsTheRecord) {
  const RunFolder folder = open();
  EXPECT_EQ(folder.status(), RunStatus::kNew);
  RecordWriter writer(folder.record_path());
  EXPECT_EQ(folder.status(), RunStatus::kNew);
  Event event;
  event.mutable_started();
  writer.append(event);
  EXPECT_EQ(folder.status(), RunStatus::kResumable);
  event.mutable_diverged();
  writer.append(event);
  EXPECT_EQ(folder.status(), RunStatus::kDiverged);
  event.mutable_resumed();
  writer.append(event);
  EXPECT_EQ(folder.status(), RunStatus::kResumable);
  event.mutable_epoch_end();
  writer.append(event);
  EXPECT_EQ(folder.status(), RunStatus::kResumable);
  event.mutable_finished();
  writer.append(event);
  EXPECT_EQ(folder.status(), RunStatus::kFinished);
  event.mutable_stopped();
  writer.append(event);
  EXPECT_EQ(folder.status(), RunStatus::kResumable);
}

TEST_F(RunFolderTest, ATornLastEventDoesNotCount) {
  const RunFolder folder = open();
  RecordWriter writer(folder.record_path());
  Event event;
  event.mutable_started();
  writer.append(event);
  event.mutable_finished();
  writer.append(event);
  std::filesystem::resize_file(folder.record_path(), std::filesystem::file_size(folder.record_path()) - 1);
  EXPECT_EQ(folder.status(), RunStatus::kResumable);
}

TEST_F(RunFolderTest, AFileInTheWayIsNamed) {
  std::ofstream(in("runs")) << "x";
  EXPECT_EQ(message_of<IoError>([&] { open(); }), in("runs") + ": mkdir: File exists");
}

}  // namespace
}  // namespace thaw
