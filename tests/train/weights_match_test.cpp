#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "runner/train/weights/adapt.h"
#include "runner/train/weights/describe.h"
#include "runner/train/weights/match.h"
#include "tests/train/fake_weights.h"

namespace thaw {
namespace {

const SourceTensor kKernel{"conv/kernel", {4, 3, 3, 3}}, kBias{"conv/bias", {4}}, kGamma{"bn/gamma", {4}};

WeightTarget backbone() {
  return {"layer \"backbone\"",
          "backbone/",
          "",
          {{"backbone/conv/kernel", {4, 3, 3, 3}}, {"backbone/conv/bias", {4}}, {"backbone/bn/gamma", {4}}},
          {},
          {}};
}

struct Matched {
  WeightMatch match;
  std::string findings;  ///< "fine": none
};

Matched match(const std::string& weights, const std::vector<SourceTensor>& tensors, const WeightTarget& target) {
  Weights config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(weights, &config)) << weights;
  Findings findings({{"weights", {"net.pbtxt", 7, 3}}}, "net.pbtxt");
  Matched result{match_weights(config, target, FakeWeights(tensors), "weights", findings), "fine"};
  try {
    findings.throw_if_any();
  } catch (const InputError& error) {
    result.findings = error.what();
  }
  return result;
}

Matched match(const std::string& weights, const std::vector<SourceTensor>& tensors) {
  return match(weights, tensors, backbone());
}

TEST(MatchWeights, GoesByName) {
  const Matched found = match("", {kGamma, kKernel, kBias});
  EXPECT_EQ(found.findings, "fine");
  EXPECT_EQ(found.match.parameter_of, (std::map<std::string, std::string>{{"conv/kernel", "backbone/conv/kernel"},
                                                                          {"conv/bias", "backbone/conv/bias"},
                                                                          {"bn/gamma", "backbone/bn/gamma"}}));
  ASSERT_EQ(found.match.rows.size(), 3U);
  EXPECT_EQ(found.match.rows[0].ShortDebugString(),
            "state: LOADED parameter: \"backbone/conv/kernel\" tensor: \"conv/kernel\" shape: \"4x3x3x3\"");
}

TEST(MatchWeights, WhatDoesNotFitIsOneFindingWithTheWholeTable) {
  const Matched found = match("", {kKernel, {"conv/biass", {4}}, {"bn/gamma", {5}}, {"fc/weight", {10, 4}}});
  EXPECT_EQ(
      found.findings,
      "net.pbtxt:7:3: weights: net.safetensors does not fit layer \"backbone\": 1 loaded, 2 left over, 1 another "
      "shape, 1 missing\n"
      "    missing        backbone/conv/bias    -            4         nearest: conv/biass\n"
      "    another shape  backbone/bn/gamma     bn/gamma     4, not 5\n"
      "    left over      -                     conv/biass   4\n"
      "    left over      -                     fc/weight    10x4\n"
      "    loaded         backbone/conv/kernel  conv/kernel  4x3x3x3\n"
      "  expected a tensor for each parameter and a parameter for each tensor; rename { from: \"...\" to: \"...\" } "
      "gives tensors other names; allow_missing: \"conv/bias\" lets a parameter start without one; "
      "allow_unexpected: \"conv/biass\" leaves a tensor out; both allow_missing and allow_unexpected for one of "
      "another shape let it start afresh");
}

TEST(MatchWeights, TheNearestIsOfTheSameShapeIfOneIs) {
  const auto nearest = [](std::vector<SourceTensor> others) {
    others.push_back(kKernel);
    others.push_back(kBias);
    const std::string text = match("", others).findings;
    const auto at = text.find("nearest: ");
    return at == std::string::npos ? "none" : text.substr(at + 9, text.find('\n', at) - at - 9);
  };
  EXPECT_EQ(nearest({{"bn/gamme", {9}}, {"norm/gamma", {4}}}), "norm/gamma");
  EXPECT_EQ(nearest({{"quite.something.else", {4}}, {"bn/gam", {9}}}), "quite.something.else");
  EXPECT_EQ(nearest({{"bn/gammA", {9}}}), "bn/gammA");
  EXPECT_EQ(nearest({{"quite.something.else", {9}}}), "none");
}

TEST(MatchWeights, WhatIsAllowedIsNoMistakeButInTheTable) {
  const Matched found =
      match("allow_missing: 'bn/*' allow_unexpected: 'fc*'", {kKernel, kBias, {"fc/weight", {10, 4}}});
  EXPECT_EQ(found.findings, "fine");
  ASSERT_EQ(found.match.rows.size(), 4U);
  EXPECT_EQ(found.match.rows[2].ShortDebugString(), "state: MISSING parameter: \"backbone/bn/gamma\" shape: \"4\"");
  EXPECT_EQ(found.match.rows[3].ShortDebugString(), "state: UNEXPECTED tensor: \"fc/weight\" source_shape: \"10x4\"");
}

TEST(MatchWeights, AnotherShapeMustBeAllowedOnBothSides) {
  const std::vector<SourceTensor> tensors{kKernel, kBias, {"bn/gamma", {5}}};
  EXPECT_EQ(match("allow_missing: 'bn/gamma' allow_unexpected: 'bn/gamma'", tensors).findings, "fine");
  EXPECT_NE(match("allow_missing: 'bn/gamma'", tensors).findings, "fine");
  EXPECT_NE(match("allow_unexpected: 'bn/gamma'", tensors).findings, "fine");
  EXPECT_EQ(
      match("allow_missing: 'bn/gamma' allow_unexpected: 'bn/gamma'", tensors).match.parameter_of.count("bn/gamma"),
      0U);
}

TEST(MatchWeights, APatternThatMatchesNothingIsAMistake) {
  EXPECT_EQ(
      match("allow_missing: 'bn/gama' allow_unexpected: 'head*' allow_unexpected: 'conv*'", {kKernel, kBias, kGamma})
          .findings,
      "net.pbtxt:7:3: weights.allow_missing[0]: \"bn/gama\" matches no parameter of layer \"backbone\"\n"
      "  expected the name of one; * stands for any characters; nearest: bn/gamma\n"
      "net.pbtxt:7:3: weights.allow_unexpected[0]: \"head*\" matches no tensor of net.safetensors\n"
      "  expected the name of one; * stands for any characters");
}

TEST(MatchWeights, OnlyTensorsBelowThePrefixAreMeant) {
  const std::vector<SourceTensor> tensors{{"net/conv/kernel", {4, 3, 3, 3}},
                                          {"net/conv/bias", {4}},
                                          {"net/bn/gamma", {4}},
                                          {"network/x", {1}},
                                          {"head/w", {2}}};
  EXPECT_EQ(match("prefix: 'net'", tensors).findings, "fine");
  EXPECT_EQ(
      match("prefix: 'nett'", tensors).findings,
      "net.pbtxt:7:3: weights.prefix: no tensor of net.safetensors has a name that begins with \"nett/\"\n"
      "  expected `prefix` to be one of those that there are: \"net\", \"network\", \"head\", or \"\" for names as "
      "they are; nearest: net");
  WeightTarget of_a_run = backbone();
  of_a_run.usual_tensor_prefix = "net";
  EXPECT_EQ(match("", tensors, of_a_run).findings, "fine");
  EXPECT_EQ(match("prefix: ''", {kKernel, kBias, kGamma}, of_a_run).findings, "fine");
}

TEST(MatchWeights, RulesRenameOneAfterTheOther) {
  const std::vector<SourceTensor> tensors{
      {"module.conv.weight", {4, 3, 3, 3}}, {"module.conv.bias", {4}}, {"module.bn.weight", {4}}};
  EXPECT_EQ(match(R"(rename { from: '^module\\.' }
                     rename { from: '^bn\\.weight$' to: 'bn/gamma' }
                     rename { from: '(.*)\\.(\\w+)$' to: '$1/$2' }
                     rename { from: 'weight' to: 'kernel' })",
                  tensors)
                .findings,
            "fine");
}

TEST(MatchWeights, BadRulesOfRenaming) {
  const std::vector<SourceTensor> tensors{kKernel, kBias, kGamma, {"x", {1}}};
  EXPECT_EQ(match("rename { from: '(' }", tensors).findings,
            "net.pbtxt:7:3: weights.rename[0].from: \"(\" is no regular expression\n"
            "  expected one as ECMAScript writes it; \\\\ before a character takes away its meaning");
  EXPECT_EQ(match("rename { from: '(.)\\\\1' }", tensors).findings,
            "net.pbtxt:7:3: weights.rename[0].from: \"(.)\\1\" refers back to a group, which takes too long\n"
            "  expected one as ECMAScript writes it; \\\\ before a character takes away its meaning");
  EXPECT_EQ(match("rename { from: '(a)|b' to: '$1$2' }", tensors).findings,
            "net.pbtxt:7:3: weights.rename[0].to: \"$1$2\" names group 2, but `from` has 1\n"
            "  expected groups in parentheses in `from`; $$ stands for a dollar sign");
  EXPECT_EQ(match("rename { from: '^x' to: '$$2' } rename { from: 'x' }", tensors).findings,
            "net.pbtxt:7:3: weights.rename[1].from: \"x\" matches no tensor of net.safetensors as the rules before it "
            "name them\n"
            "  expected a part of such names as \"conv/kernel\", \"conv/bias\", \"bn/gamma\", ...");
  EXPECT_EQ(match("rename { from: 'kernel|bias' to: 'w' }", tensors).findings,
            "net.pbtxt:7:3: weights.rename: \"conv/kernel\" and \"conv/bias\" are both renamed to \"conv/w\"\n"
            "  expected a name of its own for each tensor");
}

TEST(MatchWeights, HostileSources) {
  EXPECT_EQ(match("", {}).findings, "net.pbtxt:7:3: weights: net.safetensors holds no tensors");
  EXPECT_EQ(match("", {{std::string(1001, 'a'), {1}}}).findings,
            "net.pbtxt:7:3: weights: net.safetensors has a tensor whose name is 1001 characters long\n"
            "  expected names of at most 1000 characters");
  const std::string text = match("", {kKernel, kBias, {"\x1b[2J", {4}}}).findings;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(text.find("\\x1b[2J"), std::string::npos);
  EXPECT_EQ(match("", {kKernel, kBias, {"bn/gamma", {4}, false, "I64"}}).findings,
            "net.pbtxt:7:3: weights: tensor \"bn/gamma\" of net.safetensors is of type I64, which is no weight of "
            "\"backbone/bn/gamma\"\n  expected floating-point numbers");
  // The longest names there may be, against a rule that tries everything.
  const std::string deep(1000, 'a');
  EXPECT_NE(match("rename { from: '(.*)*b' }", {{deep, {1}}}).findings, "fine");
}

TEST(MatchWeights, TheFirstConvolutionIsAdaptedIfAsked) {
  const std::vector<SourceTensor> grey{{"conv/kernel", {4, 1, 3, 3}}, kBias, kGamma};
  const Matched adapted = match("adapt_first_convolution: true", grey);
  EXPECT_EQ(adapted.findings, "fine");
  EXPECT_EQ(adapted.match.adapted, (std::set<std::string>{"backbone/conv/kernel"}));
  EXPECT_EQ(adapted.match.rows[0].ShortDebugString(),
            "state: ADAPTED parameter: \"backbone/conv/kernel\" tensor: \"conv/kernel\" shape: \"4x3x3x3\" "
            "source_shape: \"4x1x3x3\"");
  const std::string refused = match("", grey).findings;
  EXPECT_NE(refused.find("adapt_first_convolution: true adapts the first kernel to the input's channels"),
            std::string::npos)
      << refused;
  // Not the second one, and not another number of filters.
  WeightTarget two = backbone();
  two.slots.push_back({"backbone/conv2/kernel", {4, 4, 3, 3}});
  EXPECT_NE(
      match("adapt_first_convolution: true", {kKernel, kBias, kGamma, {"conv2/kernel", {4, 3, 3, 3}}}, two).findings,
      "fine");
  EXPECT_NE(match("adapt_first_convolution: true", {{"conv/kernel", {5, 1, 3, 3}}, kBias, kGamma}).findings, "fine");
  EXPECT_NE(match("adapt_first_convolution: true", {{"conv/kernel", {4, 0, 3, 3}}, kBias, kGamma}).findings, "fine");
}

TEST(MatchWeights, NumbersThatTheExperimentGivesAreNoWeights) {
  WeightTarget target = backbone();
  target.given = {"backbone/preprocessing/scale"};
  EXPECT_EQ(match("", {kKernel, kBias, kGamma, {"preprocessing/scale", {3}}}, target).findings, "fine");
}

TEST(MatchWeights, TensorsOfLayersThatAreLeftOutAreNotMeant) {
  WeightTarget model{"layer \"conv\"", "", "", {{"conv/kernel", {4, 3, 3, 3}}, {"conv/bias", {4}}}, {}, {"bn"}};
  const Matched found = match("", {kKernel, kBias, kGamma}, model);
  EXPECT_EQ(found.findings, "fine");
  EXPECT_EQ(found.match.rows.size(), 2U);
  EXPECT_NE(match("", {kKernel, kBias, {"elsewhere/x", {1}}}, model).findings, "fine");
}

TEST(AdaptWeights, AGreyPictureIsAnsweredAsBefore) {
  const NamedTensor colour{"k", {1, 3, 1, 2}, {1, 10, 2, 20, 6, 60}};
  EXPECT_EQ(with_channels(colour, 1), (std::vector<float>{9, 90}));  // grey g: (1 + 2 + 6) g
  EXPECT_EQ(with_channels(colour, 3), (std::vector<float>{3, 30, 3, 30, 3, 30}));
  const NamedTensor grey{"k", {2, 1, 1, 1}, {6, -3}};
  EXPECT_EQ(with_channels(grey, 3), (std::vector<float>{2, 2, 2, -1, -1, -1}));
  EXPECT_EQ(with_channels({"k", {1, 3, 1, 1}, {1, 2, 6}}, 4), (std::vector<float>{2.25F, 2.25F, 2.25F, 2.25F}));
}

TEST(DescribeWeights, ALineAndATable) {
  WeightsLoaded loaded;
  loaded.set_source("net.safetensors");
  loaded.set_layer("layer \"backbone\"");
  EXPECT_EQ(weights_line(loaded), "weights: nothing from net.safetensors for layer \"backbone\"");
  for (WeightRow& row : match("allow_missing: 'bn/*'", {kKernel, kBias}).match.rows) *loaded.add_row() = row;
  EXPECT_EQ(weights_line(loaded), "weights: 2 loaded, 1 missing from net.safetensors for layer \"backbone\"");
  EXPECT_EQ(weights_table(loaded),
            "    missing  backbone/bn/gamma     -            4\n"
            "    loaded   backbone/conv/kernel  conv/kernel  4x3x3x3\n"
            "    loaded   backbone/conv/bias    conv/bias    4\n");
}

}  // namespace
}  // namespace thaw
