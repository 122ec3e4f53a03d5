// The three kinds of classification: what their losses are compared with, and whole small runs on drawn data.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "runner/config/resolve.h"
#include "runner/train/trainer.h"
#include "runner/train/truth.h"
#include "schemas/record.h"
#include "tests/schemas/temporary_folder.h"
#include "tests/train/experiment_text.h"
#include "tests/train/small_experiment.h"

namespace thaw {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;

/// One dense layer on the picture, with one loss.
Experiment one_layer(const std::string& head, const std::string& loss, const std::string& more = "") {
  return experiment_of(
      "model { input { height: 20 width: 20 channels: 1 } layer { flatten {} } layer { name: 'label' dense { " + head +
      " } } } train { batch_size: 4 optimizer { sgd { learning_rate: 0.1 } } loss { output: "
      "'label' " +
      loss + " } } " + more);
}

const std::string kMixup = "data { train { augmentation { mixup {} } } }";

std::vector<std::string> ops_of(const BuiltGraph& built) {
  std::vector<std::string> ops;
  for (const Node& node : built.graph->nodes()) ops.push_back(node.op);
  return ops;
}

/// Batches of the small experiment with the classes given, each sample of two by the shares.
Batch mixed_batch(const std::vector<std::pair<int, int>>& labels, const std::vector<float>& shares) {
  Batch batch = made_up_batch(4, 1);
  batch.objects.assign(8, {});
  for (std::size_t n = 0; n < 4; ++n) {
    batch.objects[2 * n] = {labels[n].first, {}, shares[n]};
    batch.objects[2 * n + 1] = {labels[n].second, {}, 1 - shares[n]};
    batch.object_counts[n] = 2;
  }
  return batch;
}

Batch labelled_batch(const std::vector<int>& labels) {
  Batch batch = made_up_batch(4, 1);
  for (std::size_t n = 0; n < 4; ++n) batch.objects[n].label = labels[n];
  return batch;
}

TEST(Classification, BinaryIsTheEntropyOfTheSecondClass) {
  Session session = session_of(one_layer("units: 1 activation: SIGMOID", "binary_cross_entropy {}"));
  session.evaluate(labelled_batch({0, 1, 1, 0}), 1);
  const std::vector<int> labels = {0, 1, 1, 0};
  for (int n = 0; n < 4; ++n) {
    const double p = session.result().row("label", n)[0];
    const double expected = labels[static_cast<std::size_t>(n)] == 1 ? -std::log(p) : -std::log(1 - p);
    EXPECT_NEAR(session.result().losses[0][static_cast<std::size_t>(n)], expected, 1e-5);
  }
}

TEST(Classification, BinaryLabelSmoothingMovesTheTruthTowardsAHalf) {
  Session session =
      session_of(one_layer("units: 1 activation: SIGMOID", "binary_cross_entropy { label_smoothing: 0.2 }"));
  session.evaluate(labelled_batch({0, 1, 1, 0}), 1);
  const std::vector<double> truth = {0.1, 0.9, 0.9, 0.1};
  for (int n = 0; n < 4; ++n) {
    const double p = session.result().row("label", n)[0], t = truth[static_cast<std::size_t>(n)];
    EXPECT_NEAR(session.result().losses[0][static_cast<std::size_t>(n)], -t * std::log(p) - (1 - t) * std::log(1 - p),
                1e-5);
  }
}

TEST(Classification, OnlyMixedDataHasTheDistributionPath) {
  const std::string softmax = "units: 3 activation: SOFTMAX", loss = "categorical_cross_entropy {}";
  EXPECT_THAT(ops_of(session_of(one_layer(softmax, loss)).training()),
              Each(Not(HasSubstr("DistributionCrossEntropy"))));
  const Session mixed = session_of(one_layer(softmax, loss, kMixup));
  EXPECT_THAT(ops_of(mixed.training()), Contains("SoftmaxDistributionCrossEntropyLoss"));
  EXPECT_THAT(ops_of(mixed.evaluation()), Contains("SoftmaxDistributionCrossEntropyLoss"))
      << "without a validation set, the mixed samples are those it is judged by";
  const std::string validation = " data { train { augmentation { mixup {} } } validation {} }";
  EXPECT_THAT(ops_of(session_of(one_layer(softmax, loss, validation)).evaluation()),
              Contains("SoftmaxCrossEntropyLoss"));
}

/// Losses of mixed samples are the mixtures of their losses: cross-entropy is linear in the truth.
void expect_mixed_losses(const std::string& head, const std::string& loss, int classes) {
  const std::vector<std::pair<int, int>> labels = {{0, 1}, {1, 0}, {1, 1}, {0, classes - 1}};
  const std::vector<float> shares = {0.25F, 0.9F, 0.375F, 1};
  Session session = session_of(one_layer(head, loss, kMixup));
  session.evaluate(mixed_batch(labels, shares), 2);
  const std::vector<float> mixed = session.result().losses[0];
  session.evaluate(labelled_batch({labels[0].first, labels[1].first, labels[2].first, labels[3].first}), 1);
  const std::vector<float> first = session.result().losses[0];
  session.evaluate(labelled_batch({labels[0].second, labels[1].second, labels[2].second, labels[3].second}), 1);
  const std::vector<float> second = session.result().losses[0];
  for (std::size_t n = 0; n < 4; ++n) {
    EXPECT_NEAR(mixed[n], shares[n] * first[n] + (1 - shares[n]) * second[n], 1e-5) << n;
  }
}

TEST(Classification, MixedSamplesLoseByTheirShares) {
  expect_mixed_losses("units: 3 activation: SOFTMAX", "categorical_cross_entropy {}", 3);
  expect_mixed_losses("units: 3 activation: SOFTMAX", "sparse_categorical_cross_entropy {}", 3);
  expect_mixed_losses("units: 3 activation: SOFTMAX", "categorical_cross_entropy { label_smoothing: 0.1 }", 3);
  expect_mixed_losses("units: 1 activation: SIGMOID", "binary_cross_entropy {}", 2);
  expect_mixed_losses("units: 3 activation: SIGMOID", "binary_cross_entropy { label_smoothing: 0.1 }", 3);
}

TEST(Classification, PlainSamplesLearnTheSameOnBothPaths) {
  const std::string head = "units: 3 activation: SOFTMAX", loss = "categorical_cross_entropy { label_smoothing: 0.1 }";
  Session plain = session_of(one_layer(head, loss)), mixed = session_of(one_layer(head, loss, kMixup));
  for (int step = 1; step <= 5; ++step) {
    plain.train_step(labelled_batch({0, 1, 2, 1}), 0.1, step, 1);
    mixed.train_step(labelled_batch({0, 1, 2, 1}), 0.1, step, 1);
  }
  const auto a = tensor_of(plain, "label/kernel"), b = tensor_of(mixed, "label/kernel");
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-5);
}

TEST(Classification, ASetOfTwoMixedSamplesAddsUpWhatBothShow) {
  Object objects[] = {{0, {}, 0.25F}, {0, {}, 0.25F}, {1, {}, 0.25F}, {1, {}, 0.75F}, {2, {}, 0.75F}};
  EXPECT_EQ(class_set({objects, 5}, 4), (std::vector<float>{0.25F, 1, 0.75F, 0}));
  EXPECT_EQ(labels_of({objects, 5}, 4), (std::vector<int>{1, 2}));
}

TEST(Classification, ClassWeightsWeighTheTrainingLossAlone) {
  Session session = session_of(one_layer("units: 3 activation: SOFTMAX", "categorical_cross_entropy {}"));
  session.set_class_weights({1, 0, 5});
  const Batch batch = labelled_batch({0, 1, 2, 2});
  session.evaluate(batch, 1);
  EXPECT_EQ(session.result().loss_weights, (std::vector<float>{1, 1, 1, 1}));
  const auto losses = session.result().losses[0];
  const StepOutcome outcome = session.train_step(batch, 0.1, 1, 1);
  EXPECT_EQ(session.result().loss_weights, (std::vector<float>{1, 0, 5, 5}));
  EXPECT_NEAR(outcome.loss, (losses[0] + 5 * losses[2] + 5 * losses[3]) / 11, 1e-5);
}

/// What a whole run leaves.
class WholeRun {
 public:
  explicit WholeRun(const std::string& kind, const std::vector<std::string>& overrides = {}) {
    std::vector<std::string> all = overrides;
    all.push_back("compute.threads=2");
    const bool is_ours = kind.find('/') == std::string::npos;
    const std::string file = is_ours ? std::string(THAW_SOURCE_DIR) + "/tests/train/" + kind + ".pbtxt" : kind;
    PreparedExperiment prepared = prepare(load_experiment(file, all), {});
    RunOptions options;
    options.runs_root = folder_.path();
    const RunOutcome outcome = run_experiment(std::move(prepared), make_cpu_device(2), options);
    EXPECT_EQ(outcome.end, RunEnd::kDone);
    record = load_run(outcome.folder);
  }

  double judged(const std::string& name) const {
    for (const MetricValue& value : record.evaluation->value()) {
      if (value.name() == name) return value.value();
    }
    ADD_FAILURE() << "not measured: " << name;
    return 0;
  }
  std::vector<std::string> names(bool is_train) const {
    std::vector<std::string> names;
    const EpochEnd& epoch = record.epochs.back();
    for (const MetricValue& value : is_train ? epoch.train() : epoch.validation()) names.push_back(value.name());
    return names;
  }

  EffectiveRecord record;

 private:
  TemporaryFolder folder_;
};

TEST(WholeRun, OfTwoClassesBehindOneUnit) {
  const WholeRun run("binary");
  const OutputEvaluation& output = run.record.evaluation->output(0);
  EXPECT_EQ(output.kind(), "binary");
  EXPECT_EQ(output.classes(), 2);
  ASSERT_EQ(output.confusion_size(), 4);
  std::int64_t samples = 0;
  for (const std::int64_t count : output.confusion()) samples += count;
  EXPECT_EQ(samples, 100);
  EXPECT_DOUBLE_EQ(run.judged("label/accuracy"), static_cast<double>(output.confusion(0) + output.confusion(3)) / 100);
  EXPECT_GT(run.judged("label/roc_auc"), 0.9) << "0 and 1 are easily told apart";
  EXPECT_DOUBLE_EQ(run.judged("label/roc_auc"), output.class_score(1).roc_auc());
  EXPECT_THAT(run.names(true), Not(Contains("label/roc_auc")));
  EXPECT_THAT(run.names(true), Contains("label/f1_macro"));
  EXPECT_THAT(run.names(false), Contains("label/roc_auc"));
  EXPECT_EQ(run.record.started.best_metric(), "validation/label/roc_auc");
  EXPECT_TRUE(run.record.started.best_is_max());
  EXPECT_EQ(run.record.started.class_name(0) + run.record.started.class_name(1), "01");
  const Sample& worst = run.record.evaluation->worst(0);
  EXPECT_GE(worst.confidence(), 0.5);
  EXPECT_EQ(output.class_score(0).roc_size(), 0);
  EXPECT_GT(output.class_score(1).roc_size(), 1);
}

// One sample to judge by is of one class: there is no area under a curve, and nothing ever gets better.
TEST(WholeRun, JudgedByWhatCannotBeMeasuredKeepsItsFirstWeights) {
  const WholeRun run("binary", {"data.validation.take=1", "train.early_stopping.patience=2"});
  EXPECT_THAT(run.names(false), Not(Contains("label/roc_auc")));
  EXPECT_EQ(run.record.finished->best_epoch(), 1);
  EXPECT_EQ(run.record.epochs.size(), 3u);
  EXPECT_EQ(run.record.finished->reason(), "early stopping");
}

TEST(WholeRun, WithoutValidationTheAreasAreThoseOfTheEnd) {
  Experiment config = load_experiment(std::string(THAW_SOURCE_DIR) + "/tests/train/binary.pbtxt", {}).config;
  config.mutable_data()->clear_validation();
  config.mutable_train()->clear_best();
  const TemporaryFolder folder;
  std::ofstream(folder.path() + "/alone.pbtxt") << resolve(config);
  const WholeRun run(folder.path() + "/alone.pbtxt");
  EXPECT_EQ(run.record.evaluation->split(), "train");
  EXPECT_THAT(run.names(true), Not(Contains("label/roc_auc")));
  EXPECT_GT(run.judged("label/roc_auc"), 0.9);
}

TEST(WholeRun, OfSeveralLabelsASample) {
  const WholeRun run("multi_label");
  const OutputEvaluation& output = run.record.evaluation->output(0);
  EXPECT_EQ(output.kind(), "multi-label");
  EXPECT_EQ(output.confusion_size(), 0);
  EXPECT_EQ(output.class_score_size(), 3);
  EXPECT_GT(run.judged("label/accuracy"), 0.6);
  EXPECT_GT(run.judged("label/roc_auc"), 0.6);
  int several = 0;
  for (const Sample& sample : run.record.evaluation->sample()) several += sample.object_size() > 1 ? 1 : 0;
  EXPECT_GT(several, 0);
  EXPECT_FALSE(run.record.evaluation->worst(0).has_true_class());
}

TEST(WholeRun, ClassesOfWeightZeroAreNotLearned) {
  const WholeRun run("binary", {"train.class_weight.weights.weight=[0, 1]", "train.epochs=3"});
  const OutputEvaluation& output = run.record.evaluation->output(0);
  EXPECT_EQ(output.confusion(0) + output.confusion(2), 0) << "nothing is called a class that never counted";
  const EpochEnd& last = run.record.epochs.back();
  EXPECT_LT(last.train(0).value(), 0.5 * last.validation(0).value())
      << "the training loss leaves out what did not count, the validation loss does not";
}

TEST(WholeRun, OfManyClassesWithBalancedWeights) {
  const WholeRun run("multi_class");
  const OutputEvaluation& output = run.record.evaluation->output(0);
  EXPECT_EQ(output.kind(), "multi-class");
  EXPECT_EQ(output.confusion_size(), 16);
  EXPECT_GE(run.judged("label/top_2_accuracy"), run.judged("label/accuracy"));
  EXPECT_DOUBLE_EQ(run.judged("label/precision_micro"), run.judged("label/accuracy"));
  EXPECT_NEAR(run.judged("label/expected_calibration_error"), output.expected_calibration_error(), 1e-12);
  EXPECT_EQ(run.record.evaluation->value(0).name(), "loss");
}

}  // namespace
}  // namespace thaw
