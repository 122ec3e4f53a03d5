// Hostile and sound models through the fuzzer's entry, as an ordinary test. With THAW_CORPUS set, each is also written
// there as the bytes that onnx_fuzzer starts from.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "tests/fuzz/onnx_fuzz.h"

namespace thaw {
namespace {

namespace fs = std::filesystem;

int replay(const fs::path& folder) {
  const char* corpus = getenv("THAW_CORPUS");
  int count = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    SCOPED_TRACE(entry.path());
    std::ifstream stream(entry.path(), std::ios::binary);
    const std::string bytes = model_bytes({std::istreambuf_iterator<char>(stream), {}});
    EXPECT_FALSE(bytes.empty());
    fuzz_onnx(bytes);
    // Cut short: every field of the message ends early somewhere.
    for (std::size_t size = 0; size < bytes.size(); size += 7) fuzz_onnx(bytes.substr(0, size));
    if (corpus) std::ofstream(fs::path(corpus) / entry.path().stem(), std::ios::binary) << bytes;
    ++count;
  }
  return count;
}

TEST(OnnxReplay, HostileModels) { EXPECT_GT(replay(fs::path(THAW_SOURCE_DIR) / "tests/onnx/hostile"), 60); }

}  // namespace
}  // namespace thaw
