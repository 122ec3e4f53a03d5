#include "runner/sweep/claims.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/store/temp_folder.h"

namespace thaw {
namespace {

class ClaimsTest : public TempFolderTest {};

constexpr int kRaces = 1000;
constexpr int kProcesses = 4;

/// What racing processes share.
struct Track {
  std::atomic<int> ready[kRaces];
  std::atomic<int> won[kRaces];
  std::atomic<int> tried[kRaces];
};
static_assert(std::atomic<int>::is_always_lock_free, "processes share it");

void wait_for_all(const std::atomic<int>& count) {
  while (count < kProcesses) std::this_thread::yield();
}

/// Tries for each claim at the moment when all others do, and holds it until all have tried.
void race(const std::string& runs, Track& track) {
  for (int i = 0; i < kRaces; ++i) {
    ++track.ready[i];
    wait_for_all(track.ready[i]);
    const auto claim = Claim::take(runs, std::to_string(i));
    if (claim) ++track.won[i];
    ++track.tried[i];
    wait_for_all(track.tried[i]);
  }
}

TEST_F(ClaimsTest, EachOfAThousandRacesIsWonExactlyOnce) {
  void* memory = ::mmap(nullptr, sizeof(Track), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  Track& track = *new (memory) Track();
  for (int i = 0; i < kProcesses; ++i) {
    if (::fork() == 0) {
      race(in("runs"), track);
      ::_exit(0);
    }
  }
  for (int i = 0; i < kProcesses; ++i) {
    int status = 0;
    ASSERT_GT(::wait(&status), 0);
    ASSERT_EQ(status, 0);
  }
  for (int i = 0; i < kRaces; ++i) EXPECT_EQ(track.won[i], 1) << "race " << i;
  ::munmap(memory, sizeof(Track));
}

TEST_F(ClaimsTest, TellsWhoHasItAndGivesItBack) {
  EXPECT_FALSE(is_claimed(in("runs"), "abc"));
  EXPECT_EQ(claim_writer(in("runs"), "abc"), "");
  {
    const auto claim = Claim::take(in("runs"), "abc");
    ASSERT_TRUE(claim);
    EXPECT_TRUE(is_claimed(in("runs"), "abc"));
    EXPECT_FALSE(is_claimed(in("runs"), "abd"));
    EXPECT_FALSE(Claim::take(in("runs"), "abc"));
  }
  EXPECT_FALSE(is_claimed(in("runs"), "abc"));
  EXPECT_EQ(claim_writer(in("runs"), "abc"), process_name(::getpid()));
  EXPECT_TRUE(Claim::take(in("runs"), "abc"));
}

TEST_F(ClaimsTest, AKillReleasesIt) {
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto claim = Claim::take(in("runs"), "abc");
    const char has_it = claim ? 'y' : 'n';
    if (::write(pipe_ends[1], &has_it, 1) != 1) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  char has_it = 0;
  ASSERT_EQ(::read(pipe_ends[0], &has_it, 1), 1);
  EXPECT_EQ(has_it, 'y');
  EXPECT_TRUE(is_claimed(in("runs"), "abc"));
  EXPECT_EQ(claim_writer(in("runs"), "abc"), process_name(child));
  EXPECT_FALSE(Claim::take(in("runs"), "abc"));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_FALSE(is_claimed(in("runs"), "abc"));
  EXPECT_TRUE(Claim::take(in("runs"), "abc"));
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
}

}  // namespace
}  // namespace thaw
