#include "runner/train/session.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "runner/train/run_facts.h"
#include "runner/train/tensor_sha256.h"
#include "schemas/diagnostic.h"
#include "tests/ops/other_device.h"
#include "tests/train/small_experiment.h"

namespace thaw {
namespace {

Session make_session(const Experiment& config) {
  Findings findings;
  Session session(config, findings, make_cpu_device(2));
  session.initialize(config.seed());
  return session;
}

void train(Session& session, int first_step, int last_step) {
  for (int step = first_step; step <= last_step; ++step) {
    session.train_step(made_up_batch(4, static_cast<std::uint64_t>(step % 3)), 0.01, step, 1);
  }
}

TEST(Session, LearnsAFewBatchesByHeart) {
  Session session = make_session(small_experiment());
  const double before = session.train_step(made_up_batch(4, 0), 0.01, 1, 1).loss;
  train(session, 2, 400);
  EXPECT_LT(session.train_step(made_up_batch(4, 0), 0.01, 401, 1).loss, before * 0.1);
}

TEST(Session, SameSeedSameBytes) {
  Session a = make_session(small_experiment()), b = make_session(small_experiment());
  train(a, 1, 20);
  train(b, 1, 20);
  EXPECT_EQ(tensors_sha256(a.tensors(true)), tensors_sha256(b.tensors(true)));
  Experiment other = small_experiment();
  other.set_seed(2);
  EXPECT_NE(tensors_sha256(a.tensors(true)), tensors_sha256(make_session(other).tensors(true)));
}

TEST(Session, GoesOnFromItsTensorsToTheBit) {
  Session whole = make_session(small_experiment()), resumed = make_session(small_experiment());
  train(whole, 1, 10);
  resumed.restore(whole.tensors(true), true, "test");
  train(whole, 11, 20);
  train(resumed, 11, 20);
  EXPECT_EQ(tensors_sha256(whole.tensors(true)), tensors_sha256(resumed.tensors(true)));
}

TEST(Session, RowsThatOnlyFillUpABatchDoNotCount) {
  Batch clean = made_up_batch(3, 1), dirty = clean;
  for (std::size_t i = 3 * 400; i < dirty.images.size(); ++i) dirty.images[i] = 100;
  Session a = make_session(small_experiment()), b = make_session(small_experiment());
  const double loss = a.train_step(clean, 0.01, 1, 1).loss;
  EXPECT_EQ(loss, b.train_step(dirty, 0.01, 1, 1).loss);
  EXPECT_EQ(tensors_sha256(a.tensors(true)), tensors_sha256(b.tensors(true)));
}

TEST(Session, EvaluationAgreesWithTheTrainingForward) {
  Session session = make_session(small_experiment());
  const Batch batch = made_up_batch(4, 1);
  session.evaluate(batch, 1);
  const BatchResult evaluated = session.result();
  session.train_step(batch, 0.01, 1, 1);
  for (const std::string name : {"class", "box"}) {
    for (std::size_t i = 0; i < evaluated.outputs.at(name).size(); ++i) {
      EXPECT_NEAR(evaluated.outputs.at(name)[i], session.result().outputs.at(name)[i], 1e-5);
    }
  }
}

TEST(Session, ANonFiniteStepUpdatesNothingAndIsNamed) {
  Session session = make_session(small_experiment());
  train(session, 1, 3);
  const std::string before = tensors_sha256(session.tensors(true));
  Batch batch = made_up_batch(4, 1);
  batch.images[5] = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(std::isnan(session.train_step(batch, 0.01, 4, 1).gradient_norm));
  EXPECT_EQ(tensors_sha256(session.tensors(true)), before);
  const auto found = session.find_non_finite(batch, 1);
  ASSERT_TRUE(found);
  EXPECT_EQ(session.training().graph->value(*found).name, "conv/Conv");
}

TEST(Session, ANormThatIsNotFiniteThoughAllElseIsIsNamed) {
  const Divergence found = describe_divergence(make_session(small_experiment()), std::nullopt);
  EXPECT_EQ(found.tensor, "the gradients' norm");
  EXPECT_EQ(found.layer, "update");
  EXPECT_EQ(found.kind, "infinite");
}

TEST(Session, ReadsTheSameTensorsAgain) {
  Session session = make_session(small_experiment());
  auto tensors = session.changing_tensors(false);
  const auto before = tensors_sha256(tensors);
  train(session, 1, 3);
  session.read_again(tensors);
  EXPECT_NE(tensors_sha256(tensors), before);
  EXPECT_EQ(tensors_sha256(tensors), tensors_sha256(session.changing_tensors(false)));
}

TEST(Session, RestoreRefusesOtherTensors) {
  Session session = make_session(small_experiment());
  auto tensors = session.tensors(false);
  tensors[0].shape = {1};
  try {
    session.restore(tensors, false, "x.safetensors");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "x.safetensors: tensor \"box/bias\" is 1, the model has 4");
  }
  tensors.erase(tensors.begin());
  try {
    session.restore(tensors, false, "x.safetensors");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "x.safetensors: tensor \"box/bias\" is missing");
  }
}

TEST(Session, AnOutputWhoseActivationIsFusedIsRead) {
  Experiment config = small_experiment();
  config.mutable_model()->mutable_layer(5)->mutable_dense()->set_activation(RELU);
  Session session = make_session(config);
  session.train_step(made_up_batch(4, 1), 0.01, 1, 1);
  for (const float value : session.result().outputs.at("box")) EXPECT_GE(value, 0);
}

TEST(Session, ALayerThatDoesNotFitIsAFindingAtItsField) {
  Experiment config = small_experiment();
  config.mutable_model()->mutable_layer(0)->mutable_conv2d()->set_kernel_size(0, 21);
  Findings findings({{"model.layer[0].conv2d.kernel_size", {"small.pbtxt", 7, 3}}}, "small.pbtxt");
  try {
    const Session session(config, findings, make_cpu_device(2));
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(
        error.what(),
        "small.pbtxt:7:3: model.layer[0].conv2d.kernel_size: layer \"conv\": a window of 21x21 does not fit its "
        "input of 20x20");
  }
}

TEST(Session, RefusesAPrecisionThatTheProcessorHasNoKernelsFor) {
  Experiment config = small_experiment();
  config.mutable_compute()->set_precision(BFLOAT16);
  Findings findings({{"compute.precision", {"small.pbtxt", 9, 3}}}, "small.pbtxt");
  try {
    const Session session(config, findings, std::make_shared<DeviceWithSupport>(Support::kNone, "avx2"));
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(),
                 "small.pbtxt:9:3: compute.precision: this processor (avx2) has no kernels for BFLOAT16\n"
                 "  expected FLOAT32; BFLOAT16 needs AVX-512");
  }
}

}  // namespace
}  // namespace thaw
