// Every file of tests/bad_sweeps carries the full message it must give, one comment "# expect: ..." for each line of
// it.
#include <gtest/gtest.h>

#include "runner/sweep/members.h"
#include "tests/schemas/config_file.h"

namespace thaw {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(THAW_SOURCE_DIR) / "tests/bad_sweeps";

std::string sweep_verdict(const std::string& file) {
  try {
    check_members(expand_sweep(load_experiment(file, {})));
  } catch (const InputError& error) {
    return error.what();
  }
  return "fine";
}

class BadSweep : public ::testing::TestWithParam<std::string> {};

TEST_P(BadSweep, GivesItsMessage) {
  const InFolder here(kFolder);
  const std::string file = GetParam() + ".pbtxt";
  ASSERT_FALSE(expectation(file).empty()) << file << " has no line that begins with '# expect: '";
  EXPECT_EQ(sweep_verdict(file), expectation(file));
}

INSTANTIATE_TEST_SUITE_P(All, BadSweep, ::testing::ValuesIn(experiments_in(kFolder)),
                         [](const auto& test) { return test.param; });

TEST(BadSweeps, AreMany) { EXPECT_GE(experiments_in(kFolder).size(), 35U); }

}  // namespace
}  // namespace thaw
