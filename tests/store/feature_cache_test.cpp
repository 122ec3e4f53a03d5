#include "runner/store/feature_cache.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <numeric>

#include "runner/store/durable_file.h"
#include "tests/store/temp_folder.h"

namespace thaw {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FeatureCacheTest : public TempFolderTest {
 protected:
  static FeatureHeader header(char digit = 'a', std::int64_t rows = 5) { return {std::string(64, digit), rows, 3}; }

  std::string path(char digit = 'a') const { return in(std::string(64, digit) + ".features"); }

  FeatureCache cache(std::int64_t limit = 1'000'000) {
    return FeatureCache({folder_, limit, [this](const std::string& note) { notes_.push_back(without_folder(note)); },
                         [this] { return is_stopping_; }});
  }

  /// Rows 0 1 2, 3 4 5, ...
  std::function<bool(FeatureFileWriter&)> counting(std::int64_t rows = 5) {
    return [this, rows](FeatureFileWriter& writer) {
      ++computed_;
      std::vector<float> values(static_cast<std::size_t>(rows) * 3);
      std::iota(values.begin(), values.end(), 0.0F);
      writer.append(std::span(values).first(6));
      writer.append(std::span(values).subspan(6));
      return true;
    };
  }

  std::string without_folder(std::string text) const {
    for (std::size_t at = text.find(folder_); at != std::string::npos; at = text.find(folder_)) {
      text.replace(at, folder_.size(), "DIR");
    }
    return text;
  }

  void overwrite(std::int64_t offset, const std::string& bytes) const {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(offset);
    file << bytes;
  }

  std::vector<std::string> notes_;
  int computed_ = 0;
  bool is_stopping_ = false;
};

TEST_F(FeatureCacheTest, ComputesOnceAndFindsThemAgain) {
  const auto first = cache().get(header(), counting());
  const auto second = cache().get(header(), counting());
  EXPECT_EQ(computed_, 1);
  EXPECT_TRUE(first.was_computed);
  EXPECT_FALSE(second.was_computed);
  ASSERT_TRUE(second.file);
  EXPECT_THAT(second.file->row(0), ElementsAre(0, 1, 2));
  EXPECT_THAT(second.file->row(4), ElementsAre(12, 13, 14));
  EXPECT_THAT(notes_, IsEmpty());
}

TEST_F(FeatureCacheTest, ADamagedFileIsComputedAnew) {
  const std::string key(64, 'a');
  const auto again = [&](const std::string& cause) {
    notes_.clear();
    EXPECT_TRUE(cache().get(header(), counting()).was_computed) << cause;
    EXPECT_THAT(notes_, ElementsAre("DIR/" + key + ".features is damaged (" + cause + ") and is computed anew"));
  };
  cache().get(header(), counting());
  overwrite(120, "x");
  again("its checksum is wrong");
  overwrite(20, "b");
  again("its first bytes are those of another file");
  fs::resize_file(path(), 100);
  again("it has 100 bytes instead of 160");
  write_file_durably(path(), "");
  again("it has 0 bytes instead of 160");
  EXPECT_THAT(cache().get(header(), counting()).file->row(1), ElementsAre(3, 4, 5));
}

TEST_F(FeatureCacheTest, LeavesNothingBehindWhenStopped) {
  const auto result = cache().get(header(), [](FeatureFileWriter& writer) {
    writer.append(std::vector<float>{1, 2, 3});
    return false;
  });
  EXPECT_FALSE(result.file);
  EXPECT_THAT(result.no_room, IsEmpty());
  EXPECT_FALSE(fs::exists(path()));
  EXPECT_FALSE(fs::exists(path() + ".tmp"));
  EXPECT_TRUE(cache().get(header(), counting()).was_computed);
}

TEST_F(FeatureCacheTest, RemovesWhatWasUsedLongestAgo) {
  const std::int64_t each = header().file_bytes();
  for (const char digit : {'a', 'b', 'c'}) {
    cache(3 * each).get(header(digit), counting());
    fs::last_write_time(path(digit), fs::file_time_type::clock::now() - std::chrono::hours('z' - digit));
  }
  const auto mapped = cache(3 * each).get(header('a'), counting());  // now the one used last
  cache(3 * each).get(header('d'), counting());
  EXPECT_TRUE(fs::exists(path('a')) && fs::exists(path('c')) && fs::exists(path('d')));
  EXPECT_FALSE(fs::exists(path('b')));
  cache(each).get(header('e'), counting());
  EXPECT_FALSE(fs::exists(path('a')));
  EXPECT_THAT(mapped.file->row(0), ElementsAre(0, 1, 2));  // who has it keeps it
}

TEST_F(FeatureCacheTest, RemovesWhatKilledProcessesLeftHalfWritten) {
  const auto killed_while_writing = [this](char digit) {
    if (fork() == 0) {
      cache().get(header(digit), [](FeatureFileWriter& writer) {
        writer.append(std::vector<float>{1, 2, 3});
        ::raise(SIGKILL);
        return false;
      });
    }
    ::wait(nullptr);
    EXPECT_TRUE(fs::exists(path(digit) + ".tmp"));
  };
  killed_while_writing('a');
  killed_while_writing('b');
  const auto result = cache().get(header('b'), [&](FeatureFileWriter& writer) {
    EXPECT_FALSE(fs::exists(path('a') + ".tmp"));
    EXPECT_TRUE(cache().get(header('c'), counting()).was_computed);
    EXPECT_TRUE(fs::exists(path('b') + ".tmp")) << "it is being written";
    return counting()(writer);
  });
  EXPECT_TRUE(result.was_computed);
}

TEST_F(FeatureCacheTest, SaysWhereThereIsNoRoom) {
  const auto result = cache(100).get(header(), counting());
  EXPECT_FALSE(result.file);
  EXPECT_EQ(result.no_room, "they take 1.6e-07 GB, more than the 1e-07 GB that --cache-limit allows");
  EXPECT_EQ(computed_, 0);
}

/// Two processes that want the same at once: one computes, both have it.
TEST_F(FeatureCacheTest, OfTwoProcessesOneComputes) {
  constexpr int kProcesses = 6;
  for (int round = 0; round < 5; ++round) {
    const char digit = static_cast<char>('0' + round);
    std::vector<pid_t> children;
    for (int i = 0; i < kProcesses; ++i) {
      const pid_t child = fork();
      if (child == 0) {
        const auto slowly = [&](FeatureFileWriter& writer) {
          ::usleep(30'000);
          return counting()(writer);
        };
        const auto result = cache().get(header(digit), slowly);
        const bool is_right = result.file && result.file->row(4)[2] == 14;
        ::_exit(!is_right ? 2 : result.was_computed ? 1 : 0);
      }
      children.push_back(child);
    }
    int computed = 0;
    for (const pid_t child : children) {
      int status = 0;
      ::waitpid(child, &status, 0);
      ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) < 2);
      computed += WEXITSTATUS(status);
    }
    EXPECT_EQ(computed, 1) << round;
  }
}

TEST_F(FeatureCacheTest, WaitingEndsWhenStopped) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t holder = fork();
  if (holder == 0) {
    cache().get(header(), [&](FeatureFileWriter&) {
      if (::write(ready[1], "x", 1) != 1) ::_exit(1);
      ::pause();
      return false;
    });
    ::_exit(1);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  is_stopping_ = true;
  EXPECT_FALSE(cache().get(header(), counting()).file);
  EXPECT_THAT(notes_, ElementsAre("another process computes these features; waiting for it"));
  ::kill(holder, SIGKILL);
  ::waitpid(holder, nullptr, 0);
  is_stopping_ = false;
  EXPECT_TRUE(cache().get(header(), counting()).was_computed);  // a killed process holds nothing
}

}  // namespace
}  // namespace thaw
