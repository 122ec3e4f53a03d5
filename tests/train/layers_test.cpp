// Layers that act differently while training, and those that put a head on a trunk.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "runner/train/tensor_sha256.h"
#include "tests/train/experiment_text.h"
#include "tests/train/small_experiment.h"

namespace thaw {
namespace {

constexpr int kPixels = 20 * 20;

/// Pictures of 20x20x1 in batches of 4, a class of three.
Experiment with_layers(const std::string& layers) {
  return experiment_of("model { input { height: 20 width: 20 channels: 1 } " + layers +
                       " layer { name: 'class' dense { units: 3 activation: SOFTMAX } } } "
                       "train { batch_size: 4 optimizer { sgd { learning_rate: 0.1 } } "
                       "loss { output: 'class' categorical_cross_entropy {} } }");
}

const std::string kNormalized = "layer { name: 'norm' batch_normalization { momentum: 0.9 } } layer { flatten {} }";

struct Moments {
  double mean = 0, unbiased_variance = 0;
};

Moments moments_of(const std::vector<float>& values) {
  Moments moments;
  for (const float value : values) moments.mean += value / static_cast<double>(values.size());
  for (const float value : values)
    moments.unbiased_variance += std::pow(value - moments.mean, 2) / static_cast<double>(values.size() - 1);
  return moments;
}

TEST(BatchNormalization, RunningStatisticsFollowTheBatches) {
  Session session = session_of(with_layers(kNormalized));
  double mean = 0, variance = 1;
  for (int step = 1; step <= 3; ++step) {
    const Batch batch = made_up_batch(4, static_cast<std::uint64_t>(step));
    session.train_step(batch, 0.1, step, 1);
    const Moments moments = moments_of(batch.images);
    mean = 0.9 * mean + 0.1 * moments.mean;
    variance = 0.9 * variance + 0.1 * moments.unbiased_variance;
  }
  EXPECT_NEAR(tensor_of(session, "norm/moving_mean")[0], mean, 1e-6);
  EXPECT_NEAR(tensor_of(session, "norm/moving_variance")[0], variance, 1e-6);
  EXPECT_NE(tensor_of(session, "norm/gamma")[0], 1);
  EXPECT_NE(tensor_of(session, "norm/beta")[0], 0);
}

TEST(BatchNormalization, EvaluationUsesTheRunningStatistics) {
  Experiment config = with_layers(kNormalized);
  config.mutable_model()->mutable_layer(0)->mutable_batch_normalization()->set_momentum(0);
  Session session = session_of(config);
  const Batch batch = made_up_batch(4, 1);
  session.evaluate(batch, 1);
  const BatchResult before = session.result();
  session.train_step(batch, 0, 1, 1);
  const BatchResult trained = session.result();
  session.evaluate(batch, 1);
  double change = 0;
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_NEAR(session.result().outputs.at("class")[i], trained.outputs.at("class")[i], 1e-3);
    change =
        std::max(change, std::abs(static_cast<double>(before.outputs.at("class")[i]) - trained.outputs.at("class")[i]));
  }
  EXPECT_GT(change, 0.05);
}

TEST(BatchNormalization, StatisticsOfAShortBatchAreOfItsSamples) {
  Batch clean = made_up_batch(3, 1), dirty = clean;
  for (std::size_t i = 3 * kPixels; i < dirty.images.size(); ++i) dirty.images[i] = 100;
  Session a = session_of(with_layers(kNormalized)), b = session_of(with_layers(kNormalized));
  a.train_step(clean, 0.1, 1, 1);
  b.train_step(dirty, 0.1, 1, 1);
  EXPECT_EQ(tensors_sha256(a.tensors(true)), tensors_sha256(b.tensors(true)));
  // The row that is left over repeats the first one.
  std::copy_n(clean.images.begin(), kPixels, clean.images.begin() + 3 * kPixels);
  EXPECT_NEAR(tensor_of(a, "norm/moving_mean")[0], 0.1 * moments_of(clean.images).mean, 1e-6);
}

TEST(BatchNormalization, AStepThatIsNotFiniteLeavesTheStatisticsAlone) {
  Session session =
      session_of(with_layers("layer { flatten {} } layer { dense { units: 3 } } "
                             "layer { name: 'norm' batch_normalization {} }"));
  session.train_step(made_up_batch(4, 1), 0.1, 1, 1);
  const std::string before = tensors_sha256(session.tensors(true));
  Batch batch = made_up_batch(4, 2);
  batch.images[5] = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(std::isnan(session.train_step(batch, 0.1, 2, 1).gradient_norm));
  EXPECT_EQ(tensors_sha256(session.tensors(true)), before);
}

TEST(BatchNormalization, StatisticsTravelWithTheWeights) {
  const Experiment config = with_layers(kNormalized);
  Session whole = session_of(config), resumed = session_of(config);
  for (int step = 1; step <= 3; ++step) whole.train_step(made_up_batch(4, 1), 0.1, step, 1);
  resumed.restore(whole.tensors(false), false, "test");
  EXPECT_EQ(tensor_of(resumed, "norm/moving_mean"), tensor_of(whole, "norm/moving_mean"));
  EXPECT_EQ(tensor_of(resumed, "norm/moving_variance"), tensor_of(whole, "norm/moving_variance"));
}

TEST(BatchNormalization, StatisticsAreCountedButNotTrainable) {
  const Session session = session_of(with_layers(kNormalized));
  const LayerInfo& norm = session.training().model.layers[0];
  EXPECT_EQ(norm.parameters, 4);
  EXPECT_EQ(norm.trainable_parameters, 2);
  EXPECT_EQ(norm.type, "BatchNormalization");
}

const std::string kDropped =
    "layer { name: 'conv' conv2d { filters: 17 kernel_size: 3 } } layer { flatten {} } "
    "layer { name: 'drop' dropout { rate: 0.5 } }";

std::vector<float> trained_outputs(Session& session, std::int64_t step) {
  session.train_step(made_up_batch(4, 1), 0, step, 1);
  return session.result().outputs.at("class");
}

TEST(Dropout, DropsOtherValuesInEachStepAndWithEachSeed) {
  Session session = session_of(with_layers(kDropped)), same = session_of(with_layers(kDropped));
  const std::vector<float> first = trained_outputs(session, 1);
  EXPECT_NE(first, trained_outputs(session, 2));
  EXPECT_EQ(first, trained_outputs(session, 1));
  EXPECT_EQ(first, trained_outputs(same, 1));
  Experiment other = with_layers(kDropped);
  other.set_seed(2);
  Session reseeded = session_of(other);
  reseeded.restore(session.tensors(false), false, "test");
  EXPECT_NE(first, trained_outputs(reseeded, 1));
}

// The training program's dense layer reads rows, that of the evaluation the convolution's pictures as they lie: the two
// keep one copy of its weights.
TEST(Dropout, DoesNothingOutsideTraining) {
  Session dropping = session_of(with_layers(kDropped));
  Session plain =
      session_of(with_layers("layer { name: 'conv' conv2d { filters: 17 kernel_size: 3 } } layer { flatten {} }"));
  const Batch batch = made_up_batch(4, 1);
  dropping.evaluate(batch, 1);
  plain.evaluate(batch, 1);
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_NEAR(dropping.result().outputs.at("class")[i], plain.result().outputs.at("class")[i], 1e-6);
  }
  dropping.train_step(batch, 0.1, 1, 1);
  plain.restore(dropping.tensors(false), false, "test");
  dropping.evaluate(batch, 1);
  plain.evaluate(batch, 1);
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_NEAR(dropping.result().outputs.at("class")[i], plain.result().outputs.at("class")[i], 1e-6);
  }
}

TEST(Dropout, KeepsTheMean) {
  Session session = session_of(with_layers("layer { flatten {} } layer { name: 'drop' dropout { rate: 0.25 } }"));
  session.evaluate(made_up_batch(4, 1), 1);
  const std::vector<float> wanted = session.result().outputs.at("class");
  std::vector<double> mean(12, 0);
  for (int step = 1; step <= 400; ++step) {
    const auto found = trained_outputs(session, step);
    for (std::size_t i = 0; i < 12; ++i) mean[i] += std::log(found[i]) / 400;
  }
  // Logits are linear in what is dropped; softmax shifts all of a sample's by one number.
  for (std::size_t n = 0; n < 4; ++n) {
    for (std::size_t k = 1; k < 3; ++k) {
      const double expected = std::log(wanted[3 * n + k]) - std::log(wanted[3 * n]);
      EXPECT_NEAR(mean[3 * n + k] - mean[3 * n], expected, 0.12);
    }
  }
}

TEST(GlobalAveragePooling2d, GivesTheMeanOfEachChannel) {
  Experiment config = experiment_of(
      "model { input { height: 20 width: 20 channels: 1 } layer { name: 'mean' global_average_pooling2d {} } "
      "layer { name: 'box' dense { units: 4 kernel_initializer: ONES } } } "
      "train { batch_size: 4 optimizer { sgd {} } loss { output: 'box' mean_squared_error {} } }");
  Session session = session_of(config);
  const Batch batch = made_up_batch(4, 1);
  session.evaluate(batch, 1);
  for (std::size_t n = 0; n < 4; ++n) {
    const auto first = batch.images.begin() + static_cast<std::ptrdiff_t>(n * kPixels);
    EXPECT_NEAR(session.result().outputs.at("box")[4 * n], moments_of({first, first + kPixels}).mean, 1e-6);
  }
  EXPECT_EQ(session.training().model.layers[0].output_shape, Shape{1});
}

TEST(Rescaling, IsWhatThePicturesCouldHaveBeen) {
  Session rescaled = session_of(with_layers("layer { rescaling { scale: 2 offset: -1 } } layer { flatten {} }"));
  Session plain = session_of(with_layers("layer { flatten {} }"));
  Batch batch = made_up_batch(4, 1);
  rescaled.evaluate(batch, 1);
  for (float& pixel : batch.images) pixel = 2 * pixel - 1;
  plain.evaluate(batch, 1);
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_NEAR(rescaled.result().outputs.at("class")[i], plain.result().outputs.at("class")[i], 1e-6);
  }
}

TEST(Rescaling, ScalesEachChannel) {
  const std::string head =
      "layer { name: 'mean' global_average_pooling2d {} } layer { name: 'class' dense { units: 3 } }";
  const std::string rest =
      " train { batch_size: 4 optimizer { sgd {} } loss { output: 'class' mean_squared_error {} "
      "target: CLASS_SET } }";
  const std::string input = "model { input { height: 4 width: 5 channels: 3 } ";
  Session rescaled = session_of(
      experiment_of(input + "layer { rescaling { scale: [1, 2, 4] offset: [0, -1, 0.5] } } " + head + "}" + rest));
  Session plain = session_of(experiment_of(input + head + "}" + rest));
  Batch batch = made_up_batch(4, 1);
  batch.images.resize(4 * 3 * 20);
  rescaled.evaluate(batch, 1);
  const float scale[] = {1, 2, 4}, offset[] = {0, -1, 0.5};
  for (std::size_t i = 0; i < batch.images.size(); ++i)
    batch.images[i] = batch.images[i] * scale[i / 20 % 3] + offset[i / 20 % 3];
  plain.evaluate(batch, 1);
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_NEAR(rescaled.result().outputs.at("class")[i], plain.result().outputs.at("class")[i], 1e-6);
  }
  EXPECT_EQ(rescaled.training().model.layers[0].parameters, 0);
}

TEST(Layers, SayWhatDoesNotFit) {
  EXPECT_EQ(findings_of(with_layers("layer { rescaling { scale: [1, 2] } } layer { flatten {} }")),
            "model.layer[0].rescaling.scale: layer \"rescaling\": gives 2 numbers, but its input has 1 channels");
  EXPECT_EQ(findings_of(with_layers("layer { rescaling { scale: 1 offset: [1, 2, 3] } } layer { flatten {} }")),
            "model.layer[0].rescaling.offset: layer \"rescaling\": gives 3 numbers, but its input has 1 channels");
  EXPECT_EQ(findings_of(with_layers("layer { flatten {} } layer { global_average_pooling2d {} }")),
            "model.layer[1].global_average_pooling2d: layer \"global_average_pooling2d\": needs a picture (channels x "
            "height x width), but its input is 400");
  EXPECT_EQ(findings_of(experiment_of(
                "model { input { height: 2 width: 2 channels: 1 } layer { name: 'box' flatten {} } } "
                "train { batch_size: 4 optimizer { sgd {} } loss { output: 'box' mean_squared_error {} } }")),
            "model: has nothing to learn: no layer has weights");
}

}  // namespace
}  // namespace thaw
