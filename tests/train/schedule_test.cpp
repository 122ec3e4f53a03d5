#include "runner/train/schedule.h"

#include <gtest/gtest.h>

#include <cmath>

namespace thaw {
namespace {

Train train_with_rate(double rate) {
  Train train;
  train.mutable_optimizer()->mutable_sgd()->set_learning_rate(rate);
  return train;
}

TEST(Schedule, WithoutOneTheRateIsConstant) {
  const Train train = train_with_rate(0.5);
  EXPECT_DOUBLE_EQ(learning_rate_at(train, 0, 10, 100), 0.5);
  EXPECT_DOUBLE_EQ(learning_rate_at(train, 99, 10, 100), 0.5);
}

TEST(Schedule, KerasDefaultsOfEachOptimizer) {
  Train train;
  train.mutable_optimizer()->mutable_adam();
  EXPECT_DOUBLE_EQ(learning_rate_at(train, 0, 10, 100), 0.001);
  train.mutable_optimizer()->mutable_rmsprop();
  EXPECT_DOUBLE_EQ(learning_rate_at(train, 0, 10, 100), 0.001);
  train.mutable_optimizer()->mutable_sgd();
  EXPECT_DOUBLE_EQ(learning_rate_at(train, 0, 10, 100), 0.01);
}

TEST(Schedule, StepFallsAtWholeIntervals) {
  Train train = train_with_rate(1);
  train.mutable_schedule()->mutable_step()->set_every_epochs(2);
  EXPECT_DOUBLE_EQ(learning_rate_at(train, 19, 10, 100), 1);
  EXPECT_DOUBLE_EQ(learning_rate_at(train, 20, 10, 100), 0.1);
  EXPECT_NEAR(learning_rate_at(train, 40, 10, 100), 0.01, 1e-15);
}

TEST(Schedule, CosineWarmsUpAndEndsAtTheFinalFraction) {
  Train train = train_with_rate(2);
  CosineSchedule* cosine = train.mutable_schedule()->mutable_cosine();
  cosine->set_warmup_epochs(1);
  cosine->set_final_fraction(0.1);
  EXPECT_DOUBLE_EQ(learning_rate_at(train, 0, 10, 101), 0.2);  // a tenth of the warm-up done
  EXPECT_DOUBLE_EQ(learning_rate_at(train, 9, 10, 101), 2);
  EXPECT_DOUBLE_EQ(learning_rate_at(train, 10, 10, 101), 2);
  EXPECT_NEAR(learning_rate_at(train, 55, 10, 101), 2 * (0.1 + 0.9 * 0.5), 1e-12);  // half way down
  EXPECT_NEAR(learning_rate_at(train, 100, 10, 101), 0.2, 1e-12);
}

TEST(Schedule, CosineOfOneStepIsFinite) {
  Train train = train_with_rate(1);
  train.mutable_schedule()->mutable_cosine();
  EXPECT_TRUE(std::isfinite(learning_rate_at(train, 0, 1, 1)));
}

}  // namespace
}  // namespace thaw
