// The frozen trunk inside sessions and runs: that what is cut off and kept changes nothing of what is learned and said.
#include <gmock/gmock.h>

#include "tests/train/experiment_text.h"
#include "tests/train/small_experiment.h"

namespace thaw {
namespace {

using ::testing::Pointwise;

/// The small experiment with a second classification, of the pooled convolution alone.
Experiment with_side_output(const std::string& rule) {
  Experiment config = small_experiment();
  config.MergeFrom(experiment_of(
      "model { layer { name: 'means' from: 'conv' global_average_pooling2d {} } "
      "layer { name: 'side' dense { units: 3 activation: SOFTMAX } } } "
      "train { loss { output: 'side' categorical_cross_entropy {} } } metric { output: 'side' accuracy {} } "
      "transfer { rules { rule { match: 'conv' " +
      rule + " } rule { match: 'side' " + rule + " } } }"));
  return config;
}

TEST(TrunkSession, AnOutputThatIsFrozenAsAWholeIsStillCompared) {
  Session frozen = session_of(with_side_output("trainable: false"));
  Session still = session_of(with_side_output("learning_rate_multiplier: 0"));
  EXPECT_TRUE(frozen.has_trunk());
  for (int step = 1; step <= 3; ++step) {
    const Batch batch = made_up_batch(4, static_cast<std::uint64_t>(step));
    const double loss = frozen.train_step(batch, 0.01, step, 1).loss;
    EXPECT_NEAR(loss, still.train_step(batch, 0.01, step, 1).loss, 1e-5);
  }
  const Batch batch = made_up_batch(3, 9);
  frozen.evaluate(batch, 1);
  still.evaluate(batch, 1);
  EXPECT_THAT(frozen.result().outputs.at("side"),
              Pointwise(::testing::FloatNear(1e-5F), still.result().outputs.at("side")));
}

}  // namespace
}  // namespace thaw
