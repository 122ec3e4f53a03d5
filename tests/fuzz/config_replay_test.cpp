// What the fuzzer once found interesting, and every bad config, replayed as an ordinary test: fuzzers that nobody
// builds rot.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/fuzz/config_fuzz.h"

namespace thaw {
namespace {

namespace fs = std::filesystem;

int replay(const fs::path& folder) {
  int count = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    SCOPED_TRACE(entry.path());
    std::ifstream stream(entry.path(), std::ios::binary);
    fuzz_config({std::istreambuf_iterator<char>(stream), {}});
    ++count;
  }
  return count;
}

TEST(ConfigReplay, Corpus) { EXPECT_GT(replay(fs::path(THAW_SOURCE_DIR) / "tests/fuzz/corpus"), 10); }
TEST(ConfigReplay, BadConfigs) { EXPECT_GT(replay(fs::path(THAW_SOURCE_DIR) / "tests/bad_configs"), 60); }
TEST(ConfigReplay, ShippedExperiments) { EXPECT_GT(replay(fs::path(THAW_SOURCE_DIR) / "experiments"), 2); }

}  // namespace
}  // namespace thaw
