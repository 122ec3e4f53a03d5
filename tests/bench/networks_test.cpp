// The engine's benchmark measures what it says: the networks that PyTorch gets too, and steps that train.
#include <gmock/gmock.h>

#include <cmath>

#include "schemas/diagnostic.h"
#include "tests/bench/training_step.h"

namespace thaw::bench {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

NetworkOptions network(const std::string& name, bool is_training = true) {
  NetworkOptions options;
  options.name = name;
  options.is_training = is_training;
  return options;
}

/// The same network on small pictures, so that a test can run it.
NetworkOptions small(const std::string& name, bool is_training = true) {
  NetworkOptions options = network(name, is_training);
  options.batch = 2;
  options.pixels = 32;
  return options;
}

struct Runnable {
  explicit Runnable(const NetworkOptions& options, Precision precision = Precision::kFloat32)
      : step(build_step(options)),
        device(make_cpu_device(2)),
        store(std::make_shared<ParameterStore>(device)),
        program(step.graph, device, store,
                {.is_training = options.is_training, .precision = precision, .arena = nullptr}),
        batch(step, options, 1) {
    initialize(step, *store);
  }
  double run(std::int32_t number) { return run_step(step, program, batch, number); }

  StepGraph step;
  std::shared_ptr<Device> device;
  std::shared_ptr<ParameterStore> store;
  Program program;
  BenchBatch batch;
};

TEST(BenchNetworks, HaveTheParametersThatArePinnedForPyTorchToo) {
  // torchvision's resnet50 has 25,557,032; engine_suite.py pins the same numbers for torch_networks.py.
  EXPECT_EQ(build_step(network("resnet50")).parameters(), 25'557'032);
  EXPECT_EQ(build_step(network("resnet50", false)).parameters(), 25'557'032);
  EXPECT_EQ(build_step(network("unet")).parameters(), 31'038'933);
  EXPECT_EQ(build_step(network("fcn8")).parameters(), 134'489'759);
}

TEST(BenchNetworks, DoTheWorkThatTheLiteratureSays) {
  // ResNet-50 v1.5 takes 4.09 billion multiplications and additions a picture; training three times that, but for the
  // first convolution's input.
  NetworkOptions one = network("resnet50", false);
  one.batch = 1;
  EXPECT_THAT(static_cast<double>(build_step(one).flops()) * 1e-9, DoubleNear(2 * 4.09, 0.05));
  one.is_training = true;
  EXPECT_THAT(static_cast<double>(build_step(one).flops()) * 1e-9, DoubleNear(3 * 2 * 4.09, 0.2));
}

TEST(BenchNetworks, HaveTheShapesOfTheirTasks) {
  const auto logits = [](const NetworkOptions& options) {
    const StepGraph step = build_step(options);
    return step.graph->value(step.network.logits).type.shape;
  };
  EXPECT_THAT(logits(network("resnet50")), ElementsAre(16, 1000));
  EXPECT_THAT(logits(network("unet")), ElementsAre(8, 21, 128, 128));
  EXPECT_THAT(logits(network("fcn8")), ElementsAre(2, 21, 224, 224));
}

TEST(BenchNetworks, LearnABatchByHeart) {
  for (const std::string& name : network_names()) {
    for (const Precision precision : {Precision::kFloat32, Precision::kBFloat16}) {
      if (make_cpu_device(2)->support_of(precision) == Support::kNone) continue;  // bfloat16 without AVX-512
      SCOPED_TRACE(name + (precision == Precision::kBFloat16 ? " in bfloat16" : ""));
      Runnable training(small(name), precision);
      const double first = training.run(1);
      double last = first;
      for (std::int32_t number = 2; number <= 4; ++number) last = training.run(number);
      EXPECT_LT(last, 0.99 * first);
      EXPECT_GE(last, 0);
    }
  }
}

TEST(BenchNetworks, MoveTheirRunningStatistics) {
  Runnable training(small("resnet50"));
  EXPECT_EQ(training.store->read("conv1_bn/mean")[0], 0);
  training.run(1);
  EXPECT_NE(training.store->read("conv1_bn/mean")[0], 0);
  EXPECT_NE(training.store->read("stage4_block3_conv3_bn/variance")[0], 1);
}

TEST(BenchNetworks, FoldTheirStatisticsForInference) {
  const StepGraph step = build_step(small("resnet50", false));
  for (const Node& node : step.graph->nodes()) EXPECT_NE(node.op, "BatchNormalization");
  Runnable inference(small("resnet50", false));
  const double first = inference.run(1);
  EXPECT_TRUE(std::isfinite(first));
  EXPECT_NE(first, 0);
  EXPECT_EQ(inference.run(2), first);
}

TEST(BenchNetworks, AreOnlyThree) {
  try {
    with_defaults(network("vgg"));
    FAIL() << "no error";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "no network \"vgg\": there are fcn8, resnet50 and unet");
  }
}

}  // namespace
}  // namespace thaw::bench
