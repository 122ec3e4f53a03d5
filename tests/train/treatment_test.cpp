// What rules say of weights, and what becomes of it in a network's graph.
#include "zoo/treatment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/train/experiment_text.h"
#include "tests/train/onnx_models.h"
#include "tests/train/small_experiment.h"

namespace thaw {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

TEST(SpeaksOf, ALayerStandsForAllThatIsInIt) {
  EXPECT_TRUE(speaks_of("backbone", "backbone/conv1/kernel"));
  EXPECT_TRUE(speaks_of("backbone/conv1", "backbone/conv1/kernel"));
  EXPECT_TRUE(speaks_of("backbone/conv1/kernel", "backbone/conv1/kernel"));
  EXPECT_FALSE(speaks_of("backbone", "backbone2/conv1/kernel"));
  EXPECT_FALSE(speaks_of("backbone/conv1", "backbone/conv10/kernel"));
  EXPECT_FALSE(speaks_of("conv1", "backbone/conv1/kernel"));
  EXPECT_FALSE(speaks_of("", "backbone/conv1/kernel"));
}

TEST(SpeaksOf, AStarStandsForAnyCharacters) {
  EXPECT_TRUE(speaks_of("*", "backbone/conv1/kernel"));
  EXPECT_TRUE(speaks_of("backbone/conv1*", "backbone/conv10/kernel"));
  EXPECT_TRUE(speaks_of("*bias", "backbone/conv1/bias"));
  EXPECT_TRUE(speaks_of("*/conv1", "backbone/conv1/bias"));  // a layer, wherever it is
  EXPECT_TRUE(speaks_of("backbone/**", "backbone/conv1/bias"));
  EXPECT_FALSE(speaks_of("backbone/*", "backbone"));
  EXPECT_FALSE(speaks_of("*kernel", "backbone/conv1/bias"));
}

TransferRules rules_of_text(const std::string& text) {
  return experiment_of("transfer { rules { " + text + " } }").transfer().rules();
}

TEST(Treatments, ALaterRuleWinsFieldByField) {
  const Treatments treatments(
      rules_of_text("rule { match: 'a' trainable: false learning_rate_multiplier: 0.5 } "
                    "rule { match: '*/bias' weight_decay_multiplier: 0 } "
                    "rule { match: 'a/conv' trainable: true batch_norm: STORED_STATISTICS }"));
  EXPECT_EQ(treatments.of({"a/conv/bias"}), (Treatment{true, 0.5, 0, STORED_STATISTICS, false}));
  EXPECT_EQ(treatments.of({"a/dense/kernel"}), (Treatment{false, 0.5, 1, BATCH_STATISTICS, false}));
  EXPECT_EQ(treatments.of({"b/dense/kernel"}), Treatment());
  EXPECT_EQ(treatments.of({"b/dense/kernel", "a/Gemm_3"}).learning_rate_multiplier, 0.5) << "any of its names";
}

TEST(Treatments, StagesJoinOneAfterTheOther) {
  const TransferRules text = rules_of_text(
      "rule { match: 'a' trainable: false } stage { at_epoch: 2 rule { match: 'a/top' trainable: true } } "
      "stage { plateau {} rule { match: 'a' trainable: true } rule { match: 'a/top' trainable: false } }");
  EXPECT_FALSE(Treatments(text, 0).of({"a/top"}).is_trainable);
  EXPECT_TRUE(Treatments(text, 1).of({"a/top"}).is_trainable);
  EXPECT_FALSE(Treatments(text, 1).of({"a/low"}).is_trainable);
  EXPECT_FALSE(Treatments(text, 2).of({"a/top"}).is_trainable);
  EXPECT_TRUE(Treatments(text, 2).of({"a/low"}).is_trainable);
  EXPECT_EQ(Treatments(text).stages(), 2);
}

/// A picture network: conv, norm, head.
Experiment normalized(const std::string& transfer_text, const std::string& optimizer = "sgd { learning_rate: 0.1 }") {
  return experiment_of(
      "model { input { height: 20 width: 20 channels: 1 } "
      "layer { name: 'conv' conv2d { filters: 5 kernel_size: 3 } } layer { name: 'norm' batch_normalization {} } "
      "layer { flatten {} } layer { name: 'box' dense { units: 4 } } } "
      "train { batch_size: 4 optimizer { " +
      optimizer + " } loss { output: 'box' mean_squared_error {} } } " + transfer_text);
}

Experiment ruled(const std::string& text) { return normalized("transfer { rules { " + text + " } }"); }

std::vector<std::string> changed_by_a_step(const Experiment& config, const ModelFiles& files = {}) {
  Session session = session_of(config, files);
  const auto before = session.tensors(false);
  session.train_step(made_up_batch(4, 1), 0.1, 1, 1);
  std::vector<std::string> changed;
  for (const NamedTensor& tensor : before) {
    if (tensor_of(session, tensor.name) != tensor.values) changed.push_back(tensor.name);
  }
  return changed;
}

TEST(Frozen, NothingIsComputedForItAndItStays) {
  const Experiment config = ruled("rule { match: 'conv' trainable: false } rule { match: 'norm' trainable: false }");
  EXPECT_THAT(changed_by_a_step(config), ElementsAre("box/bias", "box/kernel"));
  const Session session = session_of(config);
  for (const Node& node : session.training().graph->nodes()) {
    EXPECT_FALSE(node.phase == Phase::kBackward && (node.layer == "conv" || node.layer == "norm")) << node.op;
  }
  EXPECT_EQ(session.training().model.layers[0].trainable_parameters, 0);
  EXPECT_EQ(session.training().model.layers[0].parameters, 50);
}

TEST(Frozen, ABatchNormalizationDoesNotLookAtTheBatch) {
  EXPECT_THAT(changed_by_a_step(ruled("rule { match: 'norm' trainable: false batch_norm: BATCH_STATISTICS }")),
              ElementsAre("box/bias", "box/kernel", "conv/bias", "conv/kernel"));
  EXPECT_THAT(changed_by_a_step(ruled("rule { match: 'norm/gamma' trainable: false }")),
              ElementsAre("box/bias", "box/kernel", "conv/bias", "conv/kernel", "norm/beta", "norm/moving_mean",
                          "norm/moving_variance"))
      << "half of it is not it";
}

TEST(Frozen, TrainedWithStoredStatistics) {
  EXPECT_THAT(changed_by_a_step(ruled("rule { match: 'norm' batch_norm: STORED_STATISTICS }")),
              UnorderedElementsAre("box/bias", "box/kernel", "conv/bias", "conv/kernel", "norm/beta", "norm/gamma"));
}

/// As PyTorch's batch normalization after eval(): y = (x - mean) / sqrt(var + epsilon) * gamma + beta with the stored
/// numbers, and gradients as of that. The loss of a step must be that of evaluation, where batch statistics give
/// another.
TEST(Frozen, StoredStatisticsActAsInPyTorchsEvaluation) {
  for (const bool is_stored : {true, false}) {
    Session session = session_of(is_stored ? ruled("rule { match: 'norm' batch_norm: STORED_STATISTICS }")
                                           : ruled("rule { match: 'none' }"));
    std::vector<NamedTensor> tensors = session.tensors(false);
    for (NamedTensor& tensor : tensors) {
      if (tensor.name == "norm/moving_mean") tensor.values = {0.3F, -0.2F, 0.1F, 0.5F, -0.4F};
      if (tensor.name == "norm/moving_variance") tensor.values = {0.5F, 1.5F, 2.5F, 0.1F, 1};
      if (tensor.name == "norm/gamma") tensor.values = {1, 0.5F, -1, 2, 0.1F};
    }
    session.restore(tensors, false, "test");
    const Batch batch = made_up_batch(4, 1);
    session.evaluate(batch, 1);
    const auto evaluated = session.result().outputs.at("box");
    session.train_step(batch, 0.1, 1, 1);
    const auto trained = session.result().outputs.at("box");
    double difference = 0;
    for (std::size_t i = 0; i < trained.size(); ++i) {
      difference = std::max(difference, std::abs(static_cast<double>(trained[i]) - evaluated[i]));
    }
    if (is_stored) {
      EXPECT_LT(difference, 1e-5);
    } else {
      EXPECT_GT(difference, 1e-2);
    }
  }
}

TEST(Multipliers, ScaleTheStepAndTheDecay) {
  const auto moves = [](const Experiment& config, const std::string& name) {
    Session session = session_of(config);
    const auto before = tensor_of(session, name);
    session.train_step(made_up_batch(4, 1), 0.1, 1, 1);
    auto moved = tensor_of(session, name);
    for (std::size_t i = 0; i < moved.size(); ++i) moved[i] -= before[i];
    return moved;
  };
  const auto whole = moves(normalized(""), "box/kernel");
  const auto half = moves(ruled("rule { match: 'box' learning_rate_multiplier: 0.5 }"), "box/kernel");
  const auto none = moves(ruled("rule { match: 'box' learning_rate_multiplier: 0 }"), "box/kernel");
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_NEAR(half[i], whole[i] / 2, 1e-6);
    EXPECT_EQ(none[i], 0);
  }
  // Decay by 0.5 at rate 0.1 takes 5 % off; by a quarter of it, 1.25 %.
  const std::string decayed = "sgd { weight_decay: 0.5 }";
  const auto start = tensor_of(session_of(normalized("")), "box/kernel");
  const auto by_half = moves(normalized("", decayed), "box/kernel");
  const auto by_eighth = moves(
      normalized("transfer { rules { rule { match: 'box' weight_decay_multiplier: 0.25 } } }", decayed), "box/kernel");
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_NEAR(by_half[i], whole[i] - 0.05F * start[i], 1e-6);
    EXPECT_NEAR(by_eighth[i], whole[i] - 0.0125F * start[i], 1e-6);
  }
}

TEST(Multipliers, OfOneAndNoDecayLeaveTheUpdateAsItWas) {
  const Session session = session_of(ruled("rule { match: '*' learning_rate_multiplier: 1 }"));
  const auto& nodes = session.training().graph->nodes();
  const auto update = std::find_if(nodes.begin(), nodes.end(), [](const Node& node) { return node.op == "Sgd"; });
  ASSERT_NE(update, nodes.end());
  const Attributes& attributes = update->attributes;
  EXPECT_EQ(attributes.integer("count"), 6);
  EXPECT_FALSE(attributes.has("learning_rate_multipliers"));
  EXPECT_FALSE(attributes.has("weight_decays"));
  EXPECT_FALSE(attributes.has("first_steps"));
}

TEST(Reinitialize, OnnxParametersStartByTheirRole) {
  const ModelFiles files = files_of(small_onnx_model());
  const Experiment config = experiment_of(
      "model { input { height: 20 width: 20 channels: 1 } layer { name: 'trunk' onnx { path: 'm.onnx' } } } "
      "train { batch_size: 4 optimizer { sgd {} } loss { output: 'trunk' mean_squared_error {} } } "
      "transfer { rules { rule { match: 'trunk' reinitialize: true } } }");
  const Session session = session_of(config, files);
  EXPECT_THAT(tensor_of(session, "trunk/bn.scale"), ElementsAre(1, 1, 1, 1, 1));
  EXPECT_THAT(tensor_of(session, "trunk/bn.bias"), ElementsAre(0, 0, 0, 0, 0));
  EXPECT_THAT(tensor_of(session, "trunk/bn.mean"), ElementsAre(0, 0, 0, 0, 0));
  EXPECT_THAT(tensor_of(session, "trunk/bn.var"), ElementsAre(1, 1, 1, 1, 1));
  EXPECT_THAT(tensor_of(session, "trunk/fc.b"), ElementsAre(0, 0, 0, 0));
  Experiment loaded = config;
  loaded.clear_transfer();
  EXPECT_EQ(tensor_of(session, "trunk/two"), tensor_of(session_of(loaded, files), "trunk/two")) << "a constant";
  // HE_NORMAL, cut at two deviations: 9 positions, 1 channel in. GLOROT_UNIFORM: 5 values in and 4 out.
  const double cut = 2 * std::sqrt(2 / 9.0) / 0.8796;
  for (const auto& [name, limit] : {std::pair{"trunk/conv.w", cut}, {"trunk/fc.w", std::sqrt(6 / 9.0)}}) {
    const auto values = tensor_of(session, name);
    float largest = 0;
    for (const float value : values) largest = std::max(largest, std::abs(value));
    EXPECT_LE(largest, limit) << name;
    EXPECT_GT(largest, 0.8 * limit) << name;
    EXPECT_NE(values, tensor_of(session_of(
                                    [&] {
                                      Experiment other = config;
                                      other.set_seed(2);
                                      return other;
                                    }(),
                                    files),
                                name))
        << "another seed, other values";
  }
}

TEST(Reinitialize, LeavesOthersTheirValues) {
  const ModelFiles files = files_of(small_onnx_model());
  const std::string network =
      "model { input { height: 20 width: 20 channels: 1 } layer { name: 'trunk' onnx { path: 'm.onnx' constant: "
      "'conv*' "
      "} } } train { batch_size: 4 optimizer { sgd {} } loss { output: 'trunk' mean_squared_error {} } } ";
  const Session loaded = session_of(experiment_of(network), files);
  const Session fresh = session_of(
      experiment_of(network + "transfer { rules { rule { match: 'trunk/conv*' reinitialize: true } rule { match: "
                              "'trunk/fc.b' reinitialize: true } } }"),
      files);
  EXPECT_EQ(tensor_of(fresh, "trunk/conv.w"), tensor_of(loaded, "trunk/conv.w")) << "constant";
  EXPECT_EQ(tensor_of(fresh, "trunk/bn.mean"), tensor_of(loaded, "trunk/bn.mean"));
  EXPECT_NE(tensor_of(fresh, "trunk/fc.b"), tensor_of(loaded, "trunk/fc.b"));
}

TEST(OnnxRules, GoByInitializersAndByNodes) {
  const ModelFiles files = files_of(small_onnx_model());
  const auto changed = [&](const std::string& match) {
    return changed_by_a_step(
        experiment_of("model { input { height: 20 width: 20 channels: 1 } "
                      "layer { name: 'trunk' onnx { path: 'm.onnx' } } } train { batch_size: 4 optimizer { sgd { "
                      "learning_rate: 0.1 } } loss { output: 'trunk' mean_squared_error {} } } "
                      "transfer { rules { rule { match: '*' trainable: false } rule { match: '" +
                      match + "' trainable: true } } }"),
        files);
  };
  EXPECT_THAT(changed("trunk/fc.w"), ElementsAre("trunk/fc.w"));
  EXPECT_THAT(changed("trunk/y/node"), ElementsAre("trunk/fc.b", "trunk/fc.w"));
  EXPECT_THAT(changed("trunk/n*"), ElementsAre("trunk/bn.bias", "trunk/bn.mean", "trunk/bn.scale", "trunk/bn.var"));
}

TEST(OnnxRules, ABatchNormalizationOfConstantsIsFrozenByItsNode) {
  const ModelFiles files = files_of(small_onnx_model());
  const auto changed = [&](const std::string& rule) {
    return changed_by_a_step(
        experiment_of("model { input { height: 20 width: 20 channels: 1 } layer { name: 'trunk' onnx { path: 'm.onnx' "
                      "constant: 'bn.scale' constant: 'bn.bias' } } } train { batch_size: 4 optimizer { sgd { "
                      "learning_rate: 0.1 } } loss { output: 'trunk' mean_squared_error {} } } "
                      "transfer { rules { " +
                      rule + " } }"),
        files);
  };
  EXPECT_THAT(changed(""), ElementsAre("trunk/bn.mean", "trunk/bn.var", "trunk/conv.w", "trunk/fc.b", "trunk/fc.w"));
  EXPECT_THAT(changed("rule { match: 'trunk/n' trainable: false }"),
              ElementsAre("trunk/conv.w", "trunk/fc.b", "trunk/fc.w"));
}

}  // namespace
}  // namespace thaw
