#include "runner/store/stop_signal.h"

#include <gtest/gtest.h>

#include "tests/store/temp_folder.h"

namespace thaw {
namespace {

TEST(StopSignal, TheFirstSignalOnlySetsTheFlag) {
  const StopSignal stop;
  EXPECT_FALSE(stop.is_requested());
  EXPECT_EQ(stop.name(), "");
  ::raise(SIGTERM);
  EXPECT_TRUE(stop.is_requested());
  EXPECT_EQ(stop.name(), "SIGTERM");
}

TEST(StopSignal, ANewOneStartsAfresh) {
  {
    const StopSignal stop;
    ::raise(SIGINT);
    EXPECT_EQ(stop.name(), "SIGINT");
  }
  const StopSignal stop;
  EXPECT_FALSE(stop.is_requested());
}

TEST(StopSignalDeathTest, TheSecondSignalLeavesAtOnce) {
  const auto twice = [](int first, int second) {
    const StopSignal stop;
    ::raise(first);
    ::raise(second);
    ::_exit(0);
  };
  EXPECT_EXIT(twice(SIGINT, SIGINT), ::testing::ExitedWithCode(130), "");
  EXPECT_EXIT(twice(SIGINT, SIGTERM), ::testing::ExitedWithCode(143), "");
}

TEST(StopSignalDeathTest, TheHandlersBeforeItComeBack) {
  const auto after = [] {
    { const StopSignal stop; }
    ::raise(SIGINT);
  };
  EXPECT_EXIT(after(), ::testing::KilledBySignal(SIGINT), "");
}

TEST(StopSignal, ThereIsOnlyOne) {
  const StopSignal stop;
  EXPECT_EQ(message_of<InternalError>([] { StopSignal second; }), "StopSignal: there is one already");
}

}  // namespace
}  // namespace thaw
