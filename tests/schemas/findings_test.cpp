#include "schemas/findings.h"

#include <gtest/gtest.h>

namespace thaw {
namespace {

const SourceMap kPlaces = {
    {"model", {"a.pbtxt", 3, 1}}, {"model.layer[1]", {"a.pbtxt", 5, 3}}, {"seed", {"b.pbtxt", 1, 1}}};

std::string only_text(const Findings& findings) {
  const std::vector<Diagnostic> sorted = findings.sorted();
  return sorted.size() == 1 ? sorted[0].text() : "not one finding";
}

TEST(Findings, StandAtTheirField) {
  Findings findings(kPlaces, "a.pbtxt");
  findings.add("seed", "is odd");
  EXPECT_EQ(only_text(findings), "b.pbtxt:1:1: seed: is odd");
}

TEST(Findings, StandAtTheNearestEnclosingFieldOtherwise) {
  Findings layer(kPlaces, "a.pbtxt");
  layer.add("model.layer[1].conv2d.filters", "is missing");
  EXPECT_EQ(only_text(layer), "a.pbtxt:5:3: model.layer[1].conv2d.filters: is missing");
  Findings other_layer(kPlaces, "a.pbtxt");
  other_layer.add("model.layer[12].name", "is missing");
  EXPECT_EQ(only_text(other_layer), "a.pbtxt:3:1: model.layer[12].name: is missing");
}

TEST(Findings, StandAtTheFileIfNothingEncloses) {
  Findings findings(kPlaces, "a.pbtxt");
  findings.add("train", "is missing");
  EXPECT_EQ(only_text(findings), "a.pbtxt: train: is missing");
}

TEST(Findings, SuggestTheNearestCandidate) {
  Findings findings(kPlaces, "a.pbtxt");
  findings.add("seed", "unknown", "expected another", "boks", {"circle", "box", "books"});
  EXPECT_EQ(only_text(findings), "b.pbtxt:1:1: seed: unknown\n  expected another; nearest: books");
}

TEST(Findings, ComeInTheOrderOfTheFileAndOnce) {
  Findings findings({}, "a");
  findings.add(Diagnostic{"a", 10, 1, "late", "x", "", ""});
  findings.add(Diagnostic{"a", 9, 7, "right", "x", "", ""});
  findings.add(Diagnostic{"a", 9, 2, "left", "x", "", ""});
  findings.add(Diagnostic{"a", 10, 1, "late", "x", "", ""});
  std::vector<std::string> paths;
  for (const Diagnostic& finding : findings.sorted()) paths.push_back(finding.field_path);
  EXPECT_EQ(paths, (std::vector<std::string>{"left", "right", "late"}));
}

TEST(Findings, ThrowOnlyIfThereAreAny) {
  Findings findings({}, "a");
  EXPECT_NO_THROW(findings.throw_if_any());
  findings.add("x", "is bad");
  EXPECT_THROW(findings.throw_if_any(), InputError);
}

}  // namespace
}  // namespace thaw
