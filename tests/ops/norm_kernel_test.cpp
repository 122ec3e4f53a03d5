// What the case tables do not say of the norm family's kernels: running averages, the fused relu, layouts, threads.
#include <gmock/gmock.h>

#include <cmath>
#include <sstream>

#include "graph/builder.h"
#include "graph/passes/differentiate.h"
#include "graph/passes/rewrite.h"
#include "graph/verify.h"
#include "ops/catalogue.h"
#include "tests/ops/devices.h"
#include "tests/ops/kernel_check.h"
#include "tests/ops/operator_test.h"
#include "tests/reference/random.h"

namespace thaw {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// running, batch and norm on the device and on the reference; returns what running becomes.
std::vector<double> average(Attributes attributes, double norm, bool has_norm = true) {
  Graph graph;
  Builder builder(graph, operators());
  const ValueId running = builder.parameter("running", {17}, false);
  const ValueId batch = builder.input("batch", {DType::kFloat32, {17}});
  const ValueId scalar = builder.input("norm", {DType::kFloat32, {}});
  builder.nodes("RunningAverage", {running, batch, has_norm ? scalar : kNoValue}, std::move(attributes));
  const reference::Feeds feeds{
      {running, reference::random_values(17, 1)}, {batch, reference::random_values(17, 2)}, {scalar, {norm}}};
  EXPECT_EQ(remove_dead(graph, operators()), 0);  // nobody reads it, and yet it stays
  ProgramRunner runner(graph, make_cpu_device(1));
  runner.write_store(feeds);
  runner.run(feeds);
  EXPECT_TRUE(is_close(runner.read(running), reference::evaluate(graph, feeds).at(running), 1));
  return runner.read(running).values;
}

TEST(RunningAverage, FollowsKerassRule) {
  const auto running = reference::random_values(17, 1), batch = reference::random_values(17, 2);
  const auto plain = average({{"momentum", 0.75}}, 1);
  EXPECT_FLOAT_EQ(static_cast<float>(plain[3]), static_cast<float>(0.75 * running[3] + 0.25 * batch[3]));
  const auto unbiased = average({{"momentum", 0.75}, {"unbiased_count", std::int64_t{5}}}, 1);
  EXPECT_FLOAT_EQ(static_cast<float>(unbiased[3]), static_cast<float>(0.75 * running[3] + 0.25 * 1.25 * batch[3]));
  EXPECT_EQ(average({{"momentum", 0.75}, {"unbiased_count", std::int64_t{1}}}, 1), plain);
  EXPECT_EQ(average({{"momentum", 0.75}}, NAN, false), plain);
}

TEST(RunningAverage, StaysWhenTheStepDidNotHappen) {
  EXPECT_EQ(average({{"momentum", 0.75}}, NAN), reference::random_values(17, 1));
}

/// Convolution, batch normalization, relu, and their gradients; fused or as written.
struct ConvNormRelu {
  ConvNormRelu(Shape x_shape, bool is_fused) : builder(graph, operators()) {
    const std::int64_t channels = x_shape[1];
    const ValueId x = builder.input("x", {DType::kFloat32, x_shape});
    const ValueId kernel = builder.parameter("kernel", {channels, channels, 1, 1});
    const ValueId scale = builder.parameter("scale", {channels}), bias = builder.parameter("bias", {channels});
    const ValueId conv = builder.node("Conv", {x, kernel}, {{"kernel_shape", Integers{1, 1}}});
    const auto norm = builder.nodes("BatchNormalizationTraining", {conv, scale, bias});
    const ValueId y = builder.node("Flatten", {builder.node("Relu", {norm[0]})});
    const TensorType type = graph.value(y).type;
    const ValueId target = builder.input("target", type);
    const ValueId weights = builder.input("weights", {DType::kFloat32, {type.shape[0]}});
    const ValueId rows = builder.node("MeanSquaredErrorLoss", {y, target});
    const ValueId loss = builder.node("WeightedMean", {rows, weights}, {{"scale", 1.0}});
    graph.mark_output(loss);
    graph.mark_output(norm[1]);
    graph.mark_output(norm[2]);
    if (is_fused) fusions = fuse(graph, operators());
    for (const auto& [parameter, gradient] : differentiate(builder, loss)) graph.mark_output(gradient);
    remove_dead(graph, operators());
    verify(graph, operators(), "test");
    feeds[weights] = reference::random_values(type.shape[0], 49, 0.5, 1);
    for (const ValueId id : {x, kernel, scale, bias, target}) {
      feeds[id] = reference::random_values(element_count(graph.value(id).type.shape), 50 + static_cast<unsigned>(id));
    }
  }

  std::vector<reference::Tensor> outputs() const {
    const reference::Values values = reference::evaluate(graph, feeds);
    std::vector<reference::Tensor> found;
    for (const ValueId id : graph.outputs()) found.push_back(values.at(id));
    return found;
  }

  Graph graph;
  Builder builder;
  reference::Feeds feeds;
  int fusions = 0;
};

TEST(BatchNorm, ReluIsFusedAndChangesNoResult) {
  const ConvNormRelu fused({3, 17, 5, 4}, true), written({3, 17, 5, 4}, false);
  EXPECT_EQ(fused.fusions, 1);
  const auto a = fused.outputs(), b = written.outputs();
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(is_close(a[i], b[i], 1e-12)) << i;
  for (const DeviceChoice& choice : devices()) {
    SCOPED_TRACE(choice.name);
    expect_chain_close(fused.graph, fused.feeds, choice.open());
    expect_chain_close(written.graph, written.feeds, choice.open());
  }
}

TEST(BatchNorm, StaysInBlocksOfChannels) {
  const ConvNormRelu fused({2, 20, 6, 6}, true);
  ProgramRunner runner(fused.graph, make_cpu_device(1));
  std::istringstream lines(runner.program().text());
  int found = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("/BatchNormalizationTraining", 0) != 0) continue;
    ++found;
    EXPECT_THAT(line, HasSubstr("[aBcd"));
    EXPECT_THAT(line, Not(HasSubstr("[abcd]")));
  }
  EXPECT_EQ(found, 2) << runner.program().text();
}

TEST(BatchNorm, GivesTheSameBytesForAnyNumberOfThreads) {
  // One group of channels for three threads: they share it. 20 channels: two groups, which they share too.
  for (const std::int64_t channels : {16, 20}) {
    const auto read_all = [&](int threads) {
      Graph graph;  // the normalization alone: convolutions do depend on the number of threads
      Builder builder(graph, operators());
      const Shape shape{3, channels, 90, 101};
      const ValueId x = builder.input("x", {DType::kFloat32, shape});
      const ValueId dy = builder.input("dy", {DType::kFloat32, shape});
      const ValueId scale = builder.parameter("scale", {channels}), bias = builder.parameter("bias", {channels});
      const auto y = builder.nodes("BatchNormalizationTraining", {x, scale, bias}, {{"activation", "Relu"}});
      const auto dx =
          builder.nodes("BatchNormalizationTrainingGrad", {dy, x, scale, y[1], y[2], bias}, {{"activation", "Relu"}});
      std::vector<ValueId> wanted = y;
      wanted.insert(wanted.end(), dx.begin(), dx.end());
      for (const ValueId id : wanted) graph.mark_output(id);
      reference::Feeds feeds;
      for (const ValueId id : {x, dy, scale, bias}) {
        feeds[id] = reference::random_values(element_count(graph.value(id).type.shape), static_cast<unsigned>(id));
      }
      ProgramRunner runner(graph, make_cpu_device(threads));
      runner.write_store(feeds);
      runner.run(feeds);
      std::vector<std::vector<double>> all;
      for (const ValueId id : wanted) all.push_back(runner.read(id).values);
      return all;
    };
    EXPECT_EQ(read_all(1), read_all(3)) << channels;
  }
}

/// Y and dX of a batch that says everything `copies` times.
std::vector<reference::Tensor> repeated(std::int64_t copies, Precision precision) {
  const Shape shape{copies, 16, 450, 480};
  Graph graph;
  Builder builder(graph, operators());
  const ValueId x = builder.input("x", {DType::kFloat32, shape}), dy = builder.input("dy", {DType::kFloat32, shape});
  const ValueId scale = builder.parameter("scale", {16}), bias = builder.parameter("bias", {16});
  const ValueId kernel = builder.parameter("kernel", {16, 16, 1, 1});  // for its blocks of channels
  const ValueId in_blocks = builder.node("Conv", {x, kernel}, {{"kernel_shape", Integers{1, 1}}});
  const auto y = builder.nodes("BatchNormalizationTraining", {in_blocks, scale, bias});
  const auto dx = builder.nodes("BatchNormalizationTrainingGrad", {dy, in_blocks, scale, y[1], y[2]});
  graph.mark_output(y[0]);
  graph.mark_output(dx[0]);
  reference::Feeds feeds{{scale, reference::random_values(16, 1)}, {bias, reference::random_values(16, 2)}};
  for (std::int64_t i = 0; i < 256; ++i) feeds[kernel].push_back(i / 16 == i % 16 ? 1 : 0);
  for (const ValueId id : {x, dy}) {
    const auto one = reference::random_values(element_count(shape) / copies, static_cast<unsigned>(3 + id));
    for (std::int64_t k = 0; k < copies; ++k) feeds[id].insert(feeds[id].end(), one.begin(), one.end());
  }
  ProgramRunner runner(graph, make_cpu_device(2), precision);
  runner.write_store(feeds);
  runner.run(feeds);
  return {runner.read(y[0]), runner.read(dx[0])};
}

/// Whether a batch that is written past the caches gives what one gives that stays in them: copy by copy.
void expect_same_when_streamed(std::int64_t copies, Precision precision, double unit) {
  const auto one = repeated(1, precision), all = repeated(copies, precision);
  for (std::size_t k = 0; k < one.size(); ++k) {
    const auto size = static_cast<std::ptrdiff_t>(one[k].values.size());
    for (std::int64_t i = 0; i < copies; ++i) {
      const auto from = all[k].values.begin() + i * size;
      const reference::Tensor copy(one[k].shape, {from, from + size});
      EXPECT_TRUE(is_close(copy, one[k], 1, unit)) << "tensor " << k << ", copy " << i;
    }
  }
}

TEST(BatchNorm, WritesLargeTensorsPastTheCachesAndGivesTheSame) {  // 28 MB, and 14 MB, which stays in them
  expect_same_when_streamed(2, Precision::kFloat32, kFloat32Unit);
}

TEST(BatchNorm, WritesLargeTensorsOfBFloat16PastTheCachesAndGivesTheSame) {  // 28 MB, and 7 MB
  expect_same_when_streamed(4, Precision::kBFloat16, kBFloat16Unit);
}

TEST(BatchNorm, SurvivesMeansFarFromZero) {  // E[x^2] - E[x]^2 would lose every digit here
  Graph graph;
  Builder builder(graph, operators());
  const ValueId x = builder.input("x", {DType::kFloat32, {2, 3, 40, 40}});
  const ValueId scale = builder.parameter("scale", {3}), bias = builder.parameter("bias", {3});
  const auto y = builder.nodes("BatchNormalizationTraining", {x, scale, bias});
  graph.mark_output(y[2]);
  reference::Feeds feeds{{x, reference::random_values(2 * 3 * 1600, 1)}, {scale, {1, 1, 1}}, {bias, {0, 0, 0}}};
  for (double& value : feeds[x]) value = static_cast<float>(value + 10000);
  ProgramRunner runner(graph, make_cpu_device(2));
  runner.write_store(feeds);
  runner.run(feeds);
  EXPECT_TRUE(is_close(runner.read(y[2]), reference::evaluate(graph, feeds).at(y[2]), 2 * 1600));
}

}  // namespace
}  // namespace thaw
