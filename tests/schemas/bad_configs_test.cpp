// Every file of tests/bad_configs carries the full message it must give:
//     # expect: FILE:LINE:COL: FIELD: MESSAGE        one comment for each line of the message
//     # set: FIELD=VALUE                             an override to load it with
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/schemas/config_file.h"

namespace thaw {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(THAW_SOURCE_DIR) / "tests/bad_configs";

std::vector<std::string> files() {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".pbtxt") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> notes(const std::string& file, const std::string& mark) {
  std::ifstream stream(file, std::ios::binary);
  std::vector<std::string> found;
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with(mark)) found.push_back(line.substr(mark.size()));
  }
  return found;
}

class BadConfig : public ::testing::TestWithParam<std::string> {};

TEST_P(BadConfig, GivesItsMessage) {
  const InFolder here(kFolder);
  const std::string file = GetParam() + ".pbtxt";
  std::string expected;
  for (const std::string& line : notes(file, "# expect: ")) expected += (expected.empty() ? "" : "\n") + line;
  ASSERT_FALSE(expected.empty()) << file << " has no line that begins with '# expect: '";
  EXPECT_EQ(verdict(file, notes(file, "# set: ")), expected);
}

INSTANTIATE_TEST_SUITE_P(All, BadConfig, ::testing::ValuesIn(files()), [](const auto& test) { return test.param; });

TEST(BadConfigs, AreLaidOntoOneThatIsFine) {
  const InFolder here(kFolder);
  EXPECT_EQ(verdict("base/good.pbtxt"), "fine");
  EXPECT_EQ(verdict("base/pictures.pbtxt"), "fine");
}

TEST(BadConfigs, AreMany) { EXPECT_GE(files().size(), 60u); }

}  // namespace
}  // namespace thaw
