#include "schemas/diagnostic.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace thaw {
namespace {

TEST(Diagnostic, ShowsAllItsParts) {
  const Diagnostic finding{
      "pets.pbtxt",   14, 3, "train.optimizer.sgd.learing_rate", "unknown field", "expected a field of Sgd",
      "learning_rate"};
  EXPECT_EQ(finding.text(),
            "pets.pbtxt:14:3: train.optimizer.sgd.learing_rate: unknown field\n"
            "  expected a field of Sgd; nearest: learning_rate");
}

TEST(Diagnostic, LeavesOutPartsThatAreEmpty) {
  EXPECT_EQ((Diagnostic{"a.pbtxt", 0, 0, "", "no such file", "", ""}).text(), "a.pbtxt: no such file");
  EXPECT_EQ((Diagnostic{"", 0, 0, "", "message", "", ""}).text(), "message");
  EXPECT_EQ((Diagnostic{"", 0, 0, "name", "message", "", "near"}).text(), "name: message\n  nearest: near");
  EXPECT_EQ((Diagnostic{"f", 2, 1, "", "message", "expected x", ""}).text(), "f:2:1: message\n  expected x");
}

TEST(InputError, ShowsEveryFinding) {
  const InputError error({Diagnostic{"f", 1, 1, "a", "first", "", ""}, Diagnostic{"f", 2, 1, "b", "second", "", ""}});
  EXPECT_STREQ(error.what(), "f:1:1: a: first\nf:2:1: b: second");
  EXPECT_EQ(error.findings().size(), 2u);
  EXPECT_STREQ(InputError("one thing").what(), "one thing");
}

TEST(IoError, NamesTheFileAndTheCause) {
  EXPECT_STREQ(IoError("runs/a/record.binpb", "cannot write", ENOSPC).what(),
               "runs/a/record.binpb: cannot write: No space left on device");
}

TEST(NearestName, FindsTypingMistakes) {
  const std::vector<std::string> names = {"learning_rate", "momentum", "nesterov"};
  EXPECT_EQ(nearest_name("learing_rate", names), "learning_rate");
  EXPECT_EQ(nearest_name("LEARNING_RATE", names), "learning_rate");
  EXPECT_EQ(nearest_name("mometnum", names), "momentum");
  EXPECT_EQ(nearest_name("conv", {"dense", "conv2d"}), "conv2d");
}

TEST(NearestName, CountsASwapAsOneEdit) { EXPECT_EQ(nearest_name("ab", {"ba"}), "ba"); }

TEST(NearestName, TakesTheFirstOfEquals) { EXPECT_EQ(nearest_name("scale", {"scales", "scaled"}), "scales"); }

TEST(NearestName, SaysNothingWhereNothingIsNear) {
  EXPECT_EQ(nearest_name("moon", {"learning_rate", "momentum"}), "");
  EXPECT_EQ(nearest_name("", {"a"}), "");
  EXPECT_EQ(nearest_name("a", {"b"}), "");
  EXPECT_EQ(nearest_name(std::string(101, 'a'), {std::string(100, 'a')}), "");
}

}  // namespace
}  // namespace thaw
