// What each strategy's rules are for a network, and what is said of strategies that do not fit it.
#include "runner/train/strategy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/config/resolve.h"
#include "runner/train/name_patterns.h"
#include "runner/train/network_depth.h"
#include "schemas/textproto.h"
#include "tests/train/experiment_text.h"

namespace thaw {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Three stages of pictures (20, 10 and 5 pixels high), one of rows, and a head.
const std::string kNetwork = R"(
  model {
    input { height: 20 width: 20 channels: 1 }
    layer { name: 'stem_conv' conv2d { filters: 2 kernel_size: 3 padding: SAME } }
    layer { name: 'stem_norm' batch_normalization {} }
    layer { max_pooling2d {} }
    layer { name: 'block1_conv' conv2d { filters: 2 kernel_size: 3 padding: SAME } }
    layer { max_pooling2d {} }
    layer { name: 'block2_conv1' conv2d { filters: 2 kernel_size: 3 padding: SAME } }
    layer { name: 'block2_conv10' conv2d { filters: 2 kernel_size: 3 padding: SAME } }
    layer { flatten {} }
    layer { name: 'features' dense { units: 6 } }
    layer { name: 'box' dense { units: 4 } }
  }
  train { epochs: 9 batch_size: 2 optimizer { sgd {} } loss { output: 'box' mean_squared_error {} } })";

Experiment experiment(const std::string& transfer) { return experiment_of(kNetwork + "transfer { " + transfer + " }"); }

BuiltGraph built_without_rules(Experiment config) {
  config.clear_transfer();
  Findings findings;
  return build_training(config, {}, findings);
}

/// All parameters but the head's.
std::set<std::string> pretrained_of(const BuiltGraph& built) {
  std::set<std::string> names;
  for (const ParameterInit& parameter : built.model.parameters) {
    if (!parameter.name.starts_with("box/")) names.insert(parameter.name);
  }
  return names;
}

struct Expanded {
  std::string rules;
  std::string findings;
};

Expanded expand(const std::string& transfer, bool has_pretrained = true) {
  Experiment config = experiment(transfer);
  const BuiltGraph built = built_without_rules(config);
  const std::set<std::string> pretrained = has_pretrained ? pretrained_of(built) : std::set<std::string>{};
  Findings findings({{"transfer", {"x.pbtxt", 3, 1}}}, "x.pbtxt");
  expand_strategy(config, {built, pretrained}, findings);
  try {
    findings.throw_if_any();
  } catch (const InputError& error) {
    return {"", error.what()};
  }
  return {print_text(config.transfer()), ""};
}

/// The text in one line.
std::string rules_of(const std::string& transfer) {
  const Expanded expanded = expand(transfer);
  EXPECT_EQ(expanded.findings, "");
  std::string line;
  bool was_space = false;
  for (const char c : expanded.rules) {
    const bool is_space = c == ' ' || c == '\n';
    if (!is_space) line += (was_space && !line.empty() ? " " : "") + std::string(1, c);
    was_space = is_space;
  }
  return line;
}

const std::string kFrozen = R"(rule { match: "stem_conv" trainable: false batch_norm: STORED_STATISTICS } )"
                            R"(rule { match: "stem_norm" trainable: false batch_norm: STORED_STATISTICS } )"
                            R"(rule { match: "block1_conv" trainable: false batch_norm: STORED_STATISTICS } )"
                            R"(rule { match: "block2_conv1" trainable: false batch_norm: STORED_STATISTICS } )"
                            R"(rule { match: "block2_conv10" trainable: false batch_norm: STORED_STATISTICS } )"
                            R"(rule { match: "features" trainable: false batch_norm: STORED_STATISTICS })";

std::string released(const std::string& layer, const std::string& multiplier = "0.1") {
  return R"(rule { match: ")" + layer + R"(" trainable: true learning_rate_multiplier: )" + multiplier +
         " batch_norm: STORED_STATISTICS }";
}

TEST(Strategy, FeatureExtractionFreezes) {
  EXPECT_EQ(rules_of("feature_extraction {}"), R"(rules { strategy: "feature_extraction" )" + kFrozen + " }");
}

TEST(Strategy, FineTuneTrainsSlowly) {
  EXPECT_EQ(rules_of("fine_tune { learning_rate_multiplier: 0.3 batch_norm: BATCH_STATISTICS }").substr(0, 132),
            R"(rules { strategy: "fine_tune" rule { match: "stem_conv" trainable: true learning_rate_multiplier: 0.3 )"
            "batch_norm: BATCH_STATISTICS }");
}

TEST(Strategy, FineTuneSlowerWithDepth) {
  std::string expected = R"(rules { strategy: "fine_tune")";
  for (const char* layer : {"stem_conv", "stem_norm", "block1_conv", "block2_conv1", "block2_conv10", "features"}) {
    expected += " " + released(layer);
  }
  const auto slower = [](const std::string& layer, const std::string& multiplier) {
    return R"( rule { match: ")" + layer + R"(" learning_rate_multiplier: )" + multiplier + " }";
  };
  expected += slower("block2_conv1", "0.03") + slower("block2_conv10", "0.03") + slower("block1_conv", "0.009") +
              slower("stem_conv", "0.0027") + slower("stem_norm", "0.0027") + " }";
  EXPECT_EQ(rules_of("fine_tune { stage_decay: 0.3 }"), expected);
}

TEST(Strategy, WarmStartTrainsAll) {
  const std::string found = rules_of("warm_start {}");
  EXPECT_THAT(found,
              ::testing::StartsWith(R"(rules { strategy: "warm_start" rule { match: "stem_conv" trainable: true )"
                                    "batch_norm: BATCH_STATISTICS }"));
  EXPECT_EQ(found.find("multiplier"), std::string::npos);
}

TEST(Strategy, FromScratchStartsAfresh) {
  EXPECT_THAT(
      rules_of("from_scratch {}"),
      ::testing::StartsWith(R"(rules { strategy: "from_scratch" rule { match: "stem_conv" reinitialize: true })"));
  EXPECT_EQ(expand("from_scratch {}", false).rules, "rules {\n  strategy: \"from_scratch\"\n}\n") << "needs nothing";
}

TEST(Strategy, GradualUnfreezingByStagesOfTheNetwork) {
  const std::string told = " rule";
  EXPECT_EQ(rules_of("gradual_unfreezing { every_epochs: 2 }"),
            R"(rules { strategy: "gradual_unfreezing" )" + kFrozen + " stage { at_epoch: 3 " + released("features") +
                " } stage { at_epoch: 5 " + released("block2_conv1") + " " + released("block2_conv10") +
                " } stage { at_epoch: 7 " + released("block1_conv") + " } stage { at_epoch: 9 " +
                released("stem_conv") + " " + released("stem_norm") + " } }");
  EXPECT_THAT(rules_of("gradual_unfreezing { every_epochs: 4 }"),
              ::testing::EndsWith("at_epoch: 9 " + released("block2_conv1") + " " + released("block2_conv10") + " } }"))
      << "as far as training goes";
}

TEST(Strategy, GradualUnfreezingAsTold) {
  EXPECT_EQ(rules_of("gradual_unfreezing { learning_rate_multiplier: 0.5 "
                     "stage { at_epoch: 3 unfreeze: 'block*' } stage { plateau { patience: 4 } unfreeze: '*' } }"),
            R"(rules { strategy: "gradual_unfreezing" )" + kFrozen + " stage { at_epoch: 3 " +
                released("block1_conv", "0.5") + " " + released("block2_conv1", "0.5") + " " +
                released("block2_conv10", "0.5") + " } stage { plateau { patience: 4 } " +
                released("stem_conv", "0.5") + " " + released("stem_norm", "0.5") + " " + released("features", "0.5") +
                " } }")
      << "the head keeps its rate, and what is released stays so";
}

TEST(Strategy, RulesStayAsTheyAre) {
  const std::string rules = R"(rules { strategy: "mine" rule { match: "*norm*" weight_decay_multiplier: 0 } })";
  EXPECT_EQ(rules_of(rules), rules);
}

TEST(Strategy, ItsRulesAreItsRules) {
  for (const char* transfer : {"feature_extraction {}", "fine_tune { stage_decay: 0.5 }", "warm_start {}",
                               "from_scratch {}", "gradual_unfreezing {}"}) {
    Experiment config = experiment(transfer);
    config.set_name("x");
    const BuiltGraph built = built_without_rules(config);
    const auto pretrained = pretrained_of(built);
    Findings findings;
    expand_strategy(config, {built, pretrained}, findings);
    const std::string once = resolve(config);
    Experiment again;
    ASSERT_TRUE(parse_text(once, "resolved", again).findings.empty()) << once;
    expand_strategy(again, {built, pretrained}, findings);
    EXPECT_EQ(resolve(again), once);
    EXPECT_TRUE(findings.empty());
  }
}

TEST(StrategyFindings, NeedPretrainedWeights) {
  for (const std::string name : {"feature_extraction", "fine_tune", "warm_start", "gradual_unfreezing"}) {
    EXPECT_EQ(expand(name + " {}", false).findings,
              "x.pbtxt:3:1: transfer." + name +
                  ": needs pretrained weights, but no layer has any\n"
                  "  expected an onnx layer, a zoo layer with weights, or model.weights; from_scratch needs none");
  }
}

TEST(StrategyFindings, PatternsThatMatchNothing) {
  EXPECT_EQ(expand("rules { rule { match: 'stem_conv' } rule { match: 'stem_con' trainable: false } "
                   "stage { at_epoch: 2 rule { match: 'flatten' trainable: true } } }")
                .findings,
            "x.pbtxt:3:1: transfer.rules.rule[1].match: \"stem_con\" matches no weights\n"
            "  expected the name of a layer with weights, of one inside it, or of a parameter; * stands for any "
            "characters; nearest: stem_conv\n"
            "x.pbtxt:3:1: transfer.rules.stage[0].rule[0].match: \"flatten\" matches no weights\n"
            "  expected the name of a layer with weights, of one inside it, or of a parameter; * stands for any "
            "characters");
  EXPECT_EQ(expand("gradual_unfreezing { stage { at_epoch: 2 unfreeze: 'block3*' } }").findings,
            "x.pbtxt:3:1: transfer.gradual_unfreezing.stage[0].unfreeze[0]: \"block3*\" matches no weights\n"
            "  expected the name of a layer with weights, of one inside it, or of a parameter; * stands for any "
            "characters");
}

TEST(StrategyFindings, WhatIsNotFrozenCannotBeReleased) {
  EXPECT_EQ(expand("gradual_unfreezing { stage { at_epoch: 2 unfreeze: 'block2*' } "
                   "stage { at_epoch: 3 unfreeze: 'box' unfreeze: 'block2_conv1' } }")
                .findings,
            "x.pbtxt:3:1: transfer.gradual_unfreezing.stage[1].unfreeze[0]: \"box\" matches nothing that is still "
            "frozen\n  expected pretrained layers that no stage before this one releases\n"
            "x.pbtxt:3:1: transfer.gradual_unfreezing.stage[1].unfreeze[1]: \"block2_conv1\" matches nothing that is "
            "still frozen\n  expected pretrained layers that no stage before this one releases");
}

TEST(StrategyFindings, NothingToLearn) {
  EXPECT_EQ(expand("rules { rule { match: '*' trainable: false } }").findings,
            "x.pbtxt:3:1: transfer: leaves nothing to learn: all weights are frozen\n"
            "  expected a rule that keeps something trainable");
  EXPECT_EQ(expand("rules { stage { at_epoch: 2 rule { match: '*' trainable: false } } }").findings,
            "x.pbtxt:3:1: transfer: leaves nothing to learn from stage 1 on: all weights are frozen\n"
            "  expected a rule that keeps something trainable");
  Experiment config = experiment("feature_extraction {}");
  const BuiltGraph built = built_without_rules(config);
  std::set<std::string> all;
  for (const ParameterInit& parameter : built.model.parameters) all.insert(parameter.name);
  Findings findings;
  expand_strategy(config, {built, all}, findings);
  ASSERT_EQ(findings.sorted().size(), 1U);
  EXPECT_EQ(findings.sorted()[0].text(),
            "transfer: leaves nothing to learn: all weights are frozen\n"
            "  expected a layer behind the pretrained ones that learns the new task");
}

/// Names of parameters alone.
ComposedModel named(const std::vector<std::string>& layers, const std::vector<std::string>& parameters) {
  ComposedModel model;
  for (const std::string& layer : layers) {
    model.layers.emplace_back();
    model.layers.back().name = layer;
  }
  for (const std::string& name : parameters) {
    ParameterInit init;
    init.name = name;
    init.layer = name.substr(0, name.rfind('/'));
    model.parameters.push_back(init);
  }
  return model;
}

TEST(ParameterNames, PatternsAreShortAndSpeakOfNoOther) {
  const ComposedModel model =
      named({"net", "net_2"}, {"net/conv1/kernel", "net/conv10/kernel", "net/conv10/bias", "net/conv2_a/kernel",
                               "net/conv2_b/kernel", "net_2/conv1/kernel"});
  const ParameterNames names(model);
  EXPECT_THAT(names.patterns_of({"net/conv1/kernel", "net/conv10/kernel", "net/conv10/bias", "net/conv2_a/kernel",
                                 "net/conv2_b/kernel"}),
              ElementsAre("net"));
  EXPECT_THAT(names.patterns_of({"net/conv1/kernel", "net/conv2_a/kernel", "net/conv2_b/kernel"}),
              ElementsAre("net/conv1", "net/conv2*"));
  EXPECT_THAT(names.patterns_of({"net/conv10/bias", "net_2/conv1/kernel"}), ElementsAre("net/conv10/bias", "net_2"));
  EXPECT_THAT(names.patterns_of({}), IsEmpty());
}

TEST(ParameterNames, StarsInNamesSpeakOfNoOther) {
  const ComposedModel model = named({"net"}, {"net/a*/w", "net/ab/w"});
  EXPECT_THAT(ParameterNames(model).patterns_of({"net/ab/w"}), ElementsAre("net/ab"));
  EXPECT_THAT(ParameterNames(model).matched_by("net/a*"), ElementsAre("net/a*/w", "net/ab/w"));
}

TEST(StagesOfDepth, ASmallPictureBetweenLargeOnesIsOfTheirStage) {
  const Experiment config = experiment_of(R"(
    model {
      input { height: 8 width: 8 channels: 1 }
      layer { name: 'wide' conv2d { filters: 2 kernel_size: 3 padding: SAME } }
      layer { name: 'squeeze' conv2d { filters: 2 kernel_size: 8 } }
      layer { name: 'excite' from: 'wide' conv2d { filters: 2 kernel_size: 3 padding: SAME } }
      layer { name: 'flat' from: 'excite' flatten {} }
      layer { name: 'box' from: 'flat' dense { units: 4 } }
      layer { name: 'flat2' from: 'squeeze' flatten {} }
      layer { name: 'box2' from: 'flat2' dense { units: 4 } }
    }
    train { batch_size: 2 optimizer { sgd {} } loss { output: 'box' mean_squared_error {} }
            loss { output: 'box2' mean_squared_error {} } })");
  const BuiltGraph built = built_without_rules(config);
  EXPECT_THAT(stages_of_depth(built, {"wide/kernel", "squeeze/kernel", "excite/kernel", "box/kernel"}),
              ElementsAre(ElementsAre("box/kernel"), ElementsAre("excite/kernel", "squeeze/kernel", "wide/kernel")));
}

}  // namespace
}  // namespace thaw
