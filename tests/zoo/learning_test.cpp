// Every family learns: a few steps on one batch, whose classes differ in colour, lower its loss.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/train/experiment_text.h"
#include "zoo/catalogue.h"

namespace thaw {
namespace {

constexpr int kSamples = 4;

struct Learner {
  const char* name;
  int size;
  double rate;
};

Batch colours(int size) {
  Batch batch;
  batch.capacity = batch.count = kSamples;
  const std::size_t area = static_cast<std::size_t>(size) * static_cast<std::size_t>(size);
  batch.images.resize(kSamples * 3 * area);
  batch.objects.resize(kSamples);
  batch.object_counts.assign(kSamples, 1);
  batch.weights.assign(kSamples, 1);
  for (std::size_t n = 0; n < kSamples; ++n) {
    const std::size_t label = n % 2;
    batch.objects[n].label = static_cast<int>(label);
    for (std::size_t i = 0; i < 3 * area; ++i) {
      const bool is_its_colour = i / area == 2 * label;
      const float texture = static_cast<float>((i * 7 + n * 13) % 32) / 64;
      batch.images[n * 3 * area + i] = (is_its_colour ? 0.5F : 0.0F) + texture;
    }
  }
  return batch;
}

class Family : public ::testing::TestWithParam<Learner> {};

TEST_P(Family, Learns) {
  const Learner& learner = GetParam();
  const std::string size = std::to_string(learner.size);
  Session session = session_of(experiment_of("model { input { height: " + size + " width: " + size +
                                             " channels: 3 } layer { name: 'net' zoo { name: '" + learner.name +
                                             "' } } layer { global_average_pooling2d {} } "
                                             "layer { name: 'class' dense { units: 2 activation: SOFTMAX } } } "
                                             "train { batch_size: 4 optimizer { sgd { momentum: 0.9 } } loss { output: "
                                             "'class' categorical_cross_entropy {} } }"));
  const Batch batch = colours(learner.size);
  const double first = session.train_step(batch, learner.rate, 1, 1).loss;
  double last = first;
  for (int step = 2; step <= 12; ++step) {
    const StepOutcome outcome = session.train_step(batch, learner.rate, step, 1);
    ASSERT_TRUE(std::isfinite(outcome.gradient_norm)) << "step " << step;
    last = outcome.loss;
  }
  EXPECT_LT(last, 0.5 * first);
}

INSTANTIATE_TEST_SUITE_P(Zoo, Family,
                         ::testing::Values(Learner{"resnet18", 32, 0.01}, Learner{"resnet50", 32, 0.01},
                                           Learner{"resnet20", 16, 0.01}, Learner{"inception_v3", 75, 0.01},
                                           Learner{"vgg16", 32, 0.001}, Learner{"mobilenet_v1_025", 32, 0.02},
                                           Learner{"mobilenet_v2", 32, 0.02}, Learner{"squeezenet1_1", 32, 0.003},
                                           Learner{"efficientnet_b0", 32, 0.02}, Learner{"densenet121", 32, 0.01}),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace thaw
