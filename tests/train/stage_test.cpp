// Training in stages: when they begin, and that going on in one, or from a checkpoint within one, changes no bit that
// it need not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/train/stage_plan.h"
#include "runner/train/tensor_sha256.h"
#include "runner/train/training_state.h"
#include "runner/train/transfer_facts.h"
#include "tests/train/experiment_text.h"
#include "tests/train/small_experiment.h"

namespace thaw {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

StagePlan plan_of(const std::string& stages) {
  return StagePlan(experiment_of("transfer { rules { " + stages + " } }"));
}

TEST(StagePlan, BeginsAtAnEpoch) {
  const StagePlan plan = plan_of("stage { at_epoch: 3 } stage { at_epoch: 5 }");
  EXPECT_EQ(plan.first().number, 0);
  EXPECT_EQ(plan.reason_for_next(0, 2, 9), std::nullopt);
  EXPECT_EQ(plan.reason_for_next(0, 3, 0), "at epoch 3");
  EXPECT_EQ(plan.reason_for_next(1, 3, 0), std::nullopt);
  EXPECT_EQ(plan.reason_for_next(1, 5, 0), "at epoch 5");
  EXPECT_EQ(plan.reason_for_next(2, 9, 9), std::nullopt) << "there is no third";
}

TEST(StagePlan, BeginsOnAPlateau) {
  const StagePlan plan = plan_of("stage { plateau { patience: 1 } } stage { plateau { patience: 3 } }");
  EXPECT_EQ(plan.reason_for_next(0, 2, 0), std::nullopt);
  EXPECT_EQ(plan.reason_for_next(0, 2, 1), "no improvement for 1 epoch");
  EXPECT_EQ(plan.reason_for_next(1, 9, 2), std::nullopt);
  EXPECT_EQ(plan.reason_for_next(1, 9, 3), "no improvement for 3 epochs");
}

TEST(StagePlan, AnEpochTakesAlongThoseThatWait) {
  const StagePlan plan = plan_of("stage { plateau {} } stage { at_epoch: 4 } stage { plateau {} }");
  EXPECT_EQ(plan.reason_for_next(0, 3, 0), std::nullopt);
  EXPECT_EQ(plan.reason_for_next(0, 4, 0), "at epoch 4");
  EXPECT_EQ(plan.reason_for_next(1, 4, 0), "at epoch 4");
  EXPECT_EQ(plan.reason_for_next(2, 4, 0), std::nullopt);
}

TEST(StagePlan, MayBeginAtOnce) {
  EXPECT_EQ(plan_of("stage { at_epoch: 1 } stage { at_epoch: 2 }").first(), (TrainingStage{1, {0}}));
  EXPECT_EQ(plan_of("").first(), TrainingStage{});
}

TEST(TrainingState, ComesBackFromAFile) {
  TrainingState state;
  state.stage = {2, {14, 1LL << 40}};
  state.epochs_since_best = 3;
  state.best_value = 0.1;
  Metadata metadata;
  state.write(metadata);
  TrainingState read;
  read.read(metadata);
  EXPECT_EQ(read.stage, state.stage);
  EXPECT_EQ(read.epochs_since_best, 3);
  EXPECT_EQ(read.best_value, 0.1);
}

/// The small experiment, its convolution frozen at first, its features from stage 1 on.
Experiment staged(const std::string& optimizer) {
  Experiment config = small_experiment();
  config.mutable_train()->clear_optimizer();
  config.MergeFrom(
      experiment_of("train { optimizer { " + optimizer +
                    " } } transfer { rules { rule { match: 'conv' trainable: false } "
                    "stage { at_epoch: 2 rule { match: 'conv' trainable: true learning_rate_multiplier: 0.5 } "
                    "rule { match: 'features' trainable: false } } "
                    "stage { at_epoch: 3 rule { match: 'features' trainable: true } } } }"));
  return config;
}

Session session_at(const Experiment& config, const TrainingStage& stage) {
  Findings findings;
  Session session(config, findings, make_cpu_device(2), {}, {.stage = stage});
  session.initialize(config.seed());
  return session;
}

void train(Session& session, int first_step, int last_step) {
  for (int step = first_step; step <= last_step; ++step) {
    session.train_step(made_up_batch(4, static_cast<std::uint64_t>(step % 3)), 0.001, step, 1);
  }
}

std::vector<std::string> names(const Session& session) {
  std::vector<std::string> found;
  for (const NamedTensor& tensor : session.tensors(true)) found.push_back(tensor.name);
  return found;
}

class StageTest : public ::testing::TestWithParam<std::string> {};

TEST_P(StageTest, KeepsAllButTheSlotsOfWhatWasFrozen) {
  const Experiment config = staged(GetParam());
  Session session = session_at(config, {});
  train(session, 1, 5);
  const auto before = session.tensors(true);
  session.begin_stage(config, {}, {.stage = {1, {5}}});
  for (const NamedTensor& tensor : before) {
    const bool is_gone = tensor.name.starts_with("features/kernel/") || tensor.name.starts_with("features/bias/");
    const auto now = names(session);
    EXPECT_EQ(std::count(now.begin(), now.end(), tensor.name), is_gone ? 0 : 1) << tensor.name;
    if (is_gone) continue;
    EXPECT_EQ(tensor_of(session, tensor.name), tensor.values) << tensor.name;
  }
  for (const NamedTensor& tensor : session.tensors(true)) {
    if (!tensor.name.starts_with("conv/kernel/") && !tensor.name.starts_with("conv/bias/")) continue;
    for (const float value : tensor.values) EXPECT_EQ(value, 0) << tensor.name;
  }
}

TEST_P(StageTest, TrainsOthersFromThenOn) {
  const Experiment config = staged(GetParam());
  Session session = session_at(config, {});
  const auto conv = tensor_of(session, "conv/kernel");
  train(session, 1, 5);
  EXPECT_EQ(tensor_of(session, "conv/kernel"), conv);
  const auto features = tensor_of(session, "features/kernel");
  session.begin_stage(config, {}, {.stage = {1, {5}}});
  train(session, 6, 8);
  EXPECT_NE(tensor_of(session, "conv/kernel"), conv);
  EXPECT_EQ(tensor_of(session, "features/kernel"), features);
}

TEST_P(StageTest, AFreshSessionGoesOnFromItsTensorsToTheBit) {
  const Experiment config = staged(GetParam());
  Session whole = session_at(config, {});
  train(whole, 1, 5);
  whole.begin_stage(config, {}, {.stage = {1, {5}}});
  Session at_begin = session_at(config, {1, {5}});
  at_begin.restore(whole.tensors(true), true, "test");
  train(whole, 6, 8);
  Session within = session_at(config, {1, {5}});
  within.restore(whole.tensors(true), true, "test");
  train(whole, 9, 10);
  train(at_begin, 6, 10);
  train(within, 9, 10);
  EXPECT_EQ(tensors_sha256(at_begin.tensors(true)), tensors_sha256(whole.tensors(true)));
  EXPECT_EQ(tensors_sha256(within.tensors(true)), tensors_sha256(whole.tensors(true)));
  whole.begin_stage(config, {}, {.stage = {2, {5, 10}}});
  Session second = session_at(config, {2, {5, 10}});
  second.restore(whole.tensors(true), true, "test");
  train(whole, 11, 13);
  train(second, 11, 13);
  EXPECT_EQ(tensors_sha256(second.tensors(true)), tensors_sha256(whole.tensors(true)));
}

INSTANTIATE_TEST_SUITE_P(Optimizers, StageTest,
                         ::testing::Values("sgd { learning_rate: 0.01 }", "sgd { learning_rate: 0.01 momentum: 0.9 }",
                                           "rmsprop { momentum: 0.5 }", "adam { weight_decay: 0.01 }"),
                         [](const auto& each) { return "Number" + std::to_string(each.index); });

TEST(Stages, AdamCountsTheStepsOfAReleasedWeightFromItsRelease) {
  const Experiment config = staged("adam {}");
  Findings findings;
  const BuiltGraph built = build_training(config, {}, findings, {.stage = {2, {5, 10}}});
  const auto& nodes = built.graph->nodes();
  const auto update = std::find_if(nodes.begin(), nodes.end(), [](const Node& node) { return node.op == "Adam"; });
  ASSERT_NE(update, nodes.end());
  // conv since 5, features since 10 (before and after a stage without), class and box from the start.
  EXPECT_THAT(update->attributes.integers("first_steps"), ElementsAre(5, 5, 10, 10, 0, 0, 0, 0));
  EXPECT_THAT(update->attributes.reals("learning_rate_multipliers"), ElementsAre(0.5, 0.5, 1, 1, 1, 1, 1, 1));
}

TEST(Stages, AReleasedWeightMovesLikeAFreshOne) {
  // Adam's first step is the learning rate times the gradient's sign, whenever it comes.
  Experiment config = staged("adam { epsilon: 1e-12 }");
  Session session = session_at(config, {});
  train(session, 1, 500);
  session.begin_stage(config, {}, {.stage = {1, {500}}});
  const auto before = tensor_of(session, "conv/bias");
  train(session, 501, 501);
  const auto after = tensor_of(session, "conv/bias");
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (after[i] == before[i]) continue;
    EXPECT_NEAR(std::abs(after[i] - before[i]), 0.5 * 0.001, 1e-6);
  }
  EXPECT_NE(after, before);
}

std::vector<std::string> texts(const std::vector<TransferRow>& rows) {
  std::vector<std::string> found;
  for (const TransferRow& row : rows) {
    found.push_back(row.layer() + (row.trainable() ? " " : " frozen ") + std::to_string(row.parameters()) + " x" +
                    std::to_string(row.learning_rate_multiplier()).substr(0, 3));
  }
  return found;
}

TEST(TransferFacts, RowsByInnerLayerAndWhatAStageChanges) {
  const Experiment config = staged("sgd {}");
  const auto before = describe_transfer(session_at(config, {}).training().model);
  const auto after = describe_transfer(session_at(config, {1, {5}}).training().model);
  EXPECT_THAT(texts(before),
              ElementsAre("conv frozen 160 x1.0", "features 15564 x1.0", "class 39 x1.0", "box 52 x1.0"));
  EXPECT_THAT(texts(changed_rows(before, after)), ElementsAre("conv 160 x0.5", "features frozen 15564 x1.0"));
  EXPECT_THAT(changed_rows(before, before), IsEmpty());
}

TEST(TransferFacts, ParametersThatAreNotTreatedAlikeHaveRowsOfTheirOwn) {
  Experiment config = small_experiment();
  config.MergeFrom(experiment_of("transfer { rules { rule { match: 'conv/bias' trainable: false } } }"));
  EXPECT_THAT(texts(describe_transfer(session_at(config, {}).training().model)),
              ElementsAre("conv/kernel 144 x1.0", "conv/bias frozen 16 x1.0", "features 15564 x1.0", "class 39 x1.0",
                          "box 52 x1.0"));
}

TEST(TransferFacts, FrozenIsWhatNoStageChanges) {
  Experiment config = staged("sgd {}");
  Session session = session_at(config, {});
  EXPECT_EQ(session.frozen_sha256().count, 0) << "all are trained at some stage";
  config.mutable_transfer()->mutable_rules()->clear_stage();
  Session frozen = session_at(config, {});
  const FrozenTensors before = frozen.frozen_sha256();
  EXPECT_EQ(before.count, 2);
  train(frozen, 1, 5);
  EXPECT_EQ(frozen.frozen_sha256().sha256, before.sha256);
  auto tensors = frozen.tensors(false);
  for (NamedTensor& tensor : tensors) {
    if (tensor.name == "conv/bias") tensor.values[3] = 1e-30F;
  }
  frozen.restore(tensors, false, "test");
  const FrozenTensors changed = frozen.frozen_sha256();
  EXPECT_NE(changed.sha256, before.sha256);
  EXPECT_NO_THROW(require_unchanged(before.sha256, before));
  try {
    require_unchanged(before.sha256, changed);
    FAIL() << "not noticed";
  } catch (const InternalError& error) {
    EXPECT_EQ(error.what(), "weights that were to stay frozen have changed: their SHA-256 was " + before.sha256 +
                                " before training and is " + changed.sha256 + " now");
  }
}

TEST(TransferFacts, GivenNumbersAreNoFrozenWeights) {
  const Session session = session_of(experiment_of(
      "model { input { height: 8 width: 8 channels: 3 } layer { rescaling { scale: [1, 2, 3] } } layer { flatten {} } "
      "layer { name: 'box' dense { units: 4 } } } "
      "train { batch_size: 4 optimizer { sgd {} } loss { output: 'box' mean_squared_error {} } } "
      "transfer { rules { rule { match: 'box/bias' trainable: false } } }"));
  EXPECT_EQ(session.tensors(false).size(), 3U);
  EXPECT_EQ(session.frozen_sha256().count, 1);
  EXPECT_EQ(session.frozen(), std::set<std::string>{"box/bias"});
}

}  // namespace
}  // namespace thaw
