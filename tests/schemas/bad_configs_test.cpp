// Every file of tests/bad_configs carries the full message it must give:
//     # expect: FILE:LINE:COL: FIELD: MESSAGE        one comment for each line of the message
//     # set: FIELD=VALUE                             an override to load it with
#include <gtest/gtest.h>

#include "tests/schemas/config_file.h"

namespace thaw {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(THAW_SOURCE_DIR) / "tests/bad_configs";

class BadConfig : public ::testing::TestWithParam<std::string> {};

TEST_P(BadConfig, GivesItsMessage) {
  const InFolder here(kFolder);
  const std::string file = GetParam() + ".pbtxt";
  const std::string expected = expectation(file);
  ASSERT_FALSE(expected.empty()) << file << " has no line that begins with '# expect: '";
  EXPECT_EQ(verdict(file, notes(file, "# set: ")), expected);
}

INSTANTIATE_TEST_SUITE_P(All, BadConfig, ::testing::ValuesIn(experiments_in(kFolder)),
                         [](const auto& test) { return test.param; });

TEST(BadConfigs, AreLaidOntoOneThatIsFine) {
  const InFolder here(kFolder);
  EXPECT_EQ(verdict("base/good.pbtxt"), "fine");
  EXPECT_EQ(verdict("base/pictures.pbtxt"), "fine");
}

TEST(BadConfigs, AreMany) { EXPECT_GE(experiments_in(kFolder).size(), 60u); }

}  // namespace
}  // namespace thaw
