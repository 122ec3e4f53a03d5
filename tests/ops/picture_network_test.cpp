// A training step of a network that has every kind of convolution and pooling, over lines, pictures and volumes:
// layouts and weights of groups handed from kernel to kernel and to the update.
#include <algorithm>

#include "graph/passes/differentiate.h"
#include "graph/passes/rewrite.h"
#include "graph/verify.h"
#include "ops/catalogue.h"
#include "tests/ops/devices.h"
#include "tests/ops/kernel_check.h"
#include "tests/ops/operator_test.h"
#include "tests/reference/networks.h"
#include "tests/reference/random.h"

namespace thaw {
namespace {

/// The step for pictures of `axes` spatial axes.
class PictureNetwork {
 public:
  explicit PictureNetwork(std::size_t axes) : axes_(axes), builder_(graph, operators()) {
    ValueId x = builder_.input("image", {DType::kFloat32, with_extents({2, 6}, 9)});
    x = builder_.node("Relu", {layer("Conv", x, {34, 3}, 34, {{"group", std::int64_t{2}}, {"pads", all(1, 2)}})});
    x = pool("MaxPool", x, {{"strides", all(2)}, {"pads", all(1, 2)}, {"ceil_mode", std::int64_t{1}}});
    x = builder_.node("Relu", {layer("ConvTranspose", x, {34, 17}, 17, {{"strides", all(2)}})});
    x = pool("AveragePool", x, {{"strides", all(1)}, {"dilations", all(2)}});
    x = builder_.node("Tanh", {layer("Conv", x, {34, 1}, 34, {{"group", std::int64_t{17}}})});
    const ValueId largest = builder_.node("GlobalMaxPool", {x}), mean = builder_.node("GlobalAveragePool", {x});
    x = builder_.node("Flatten", {builder_.node("Add", {largest, mean})});
    builder_.enter("dense");
    x = builder_.node("Gemm", {x, builder_.parameter("dense/kernel", {3, 34})}, {{"transB", std::int64_t{1}}});
    builder_.enter("loss");
    const ValueId rows =
        builder_.node("MeanSquaredErrorLoss", {x, builder_.input("target", {DType::kFloat32, {2, 3}})});
    loss_ = builder_.node("WeightedMean", {rows, builder_.input("sample_weights", {DType::kFloat32, {2}})});
    graph.mark_output(loss_);
    fuse(graph, operators());
    const auto gradients = differentiate(builder_, loss_);
    for (const auto& [parameter, gradient] : gradients) graph.mark_output(gradient);
    graph.mark_output(reference::append_update(builder_, "Sgd", {{"momentum", 0.9}}, gradients, loss_, {"velocity"}));
    fuse(graph, operators());
    remove_dead(graph, operators());
    verify(graph, operators(), "test");
    feeds = reference::network_feeds(graph, {}, 3);
  }

  Graph graph;
  reference::Feeds feeds;

 private:
  Integers all(std::int64_t number, std::size_t times = 1) const { return Integers(times * axes_, number); }
  Shape with_extents(Shape shape, std::int64_t extent) const {
    shape.insert(shape.end(), axes_, extent);
    return shape;
  }

  ValueId layer(const std::string& op, ValueId x, Shape kernel, std::int64_t filters, Attributes attributes) {
    const std::string name = "layer_" + std::to_string(++count_);
    builder_.enter(name);
    const ValueId w = builder_.parameter(name + "/kernel", with_extents(std::move(kernel), 3));
    return builder_.node(op, {x, w, builder_.parameter(name + "/bias", {filters})}, std::move(attributes));
  }
  ValueId pool(const std::string& op, ValueId x, Attributes attributes) {
    builder_.enter("pool_" + std::to_string(++count_));
    attributes.set("kernel_shape", all(3));
    return builder_.node(op, {x}, std::move(attributes));
  }

  std::size_t axes_;
  Builder builder_;
  int count_ = 0;
  ValueId loss_ = kNoValue;
};

constexpr double kReduction = 2000;  // the longest sum: the first kernel's gradient, over batch and volume

class PictureNetworkTest : public ::testing::TestWithParam<std::size_t> {};

TEST_P(PictureNetworkTest, StepMatchesTheReference) {
  const PictureNetwork network(GetParam());
  for (const DeviceChoice& choice : devices()) {
    SCOPED_TRACE(::testing::Message() << GetParam() << " axes on " << choice);
    expect_chain_close(network.graph, network.feeds, choice.open());
    ProgramRunner runner(network.graph, choice.open());
    runner.write_store(network.feeds);
    runner.run(network.feeds);
    const reference::Values expected = reference::evaluate(network.graph, network.feeds);
    for (const ValueId parameter : network.graph.parameters()) {
      EXPECT_TRUE(is_close(runner.read(parameter), expected.at(parameter), kReduction))
          << network.graph.value(parameter).name << " " << runner.program().text();
    }
  }
}

/// Weights, their gradients and the optimizer's slots meet in f32, whatever is multiplied.
TEST_P(PictureNetworkTest, StepInBFloat16MatchesTheReference) {
  if (!has_bfloat16()) GTEST_SKIP() << kNoBFloat16;
  const PictureNetwork network(GetParam());
  const reference::Values expected = reference::evaluate(network.graph, network.feeds);
  for (const DeviceChoice& choice : devices()) {
    SCOPED_TRACE(::testing::Message() << GetParam() << " axes on " << choice);
    ProgramRunner runner(network.graph, choice.open(), Precision::kBFloat16);
    runner.write_store(network.feeds);
    runner.run(network.feeds);
    for (const ValueId parameter : network.graph.parameters()) {
      reference::Tensor step = expected.at(parameter), found = runner.read(parameter);
      const std::vector<double>& before = network.feeds.at(parameter);
      for (std::size_t i = 0; i < before.size(); ++i) {
        step.values[i] -= before[i];
        found.values[i] -= before[i];
      }
      EXPECT_TRUE(is_close(found, step, 400, kBFloat16Unit)) << network.graph.value(parameter).name;
    }
  }
}

TEST_P(PictureNetworkTest, ActivationsAreFused) {
  const PictureNetwork network(GetParam());
  const auto& nodes = network.graph.nodes();
  EXPECT_TRUE(std::none_of(nodes.begin(), nodes.end(),
                           [](const Node& node) { return node.op == "Relu" || node.op == "Tanh"; }));
}

INSTANTIATE_TEST_SUITE_P(Axes, PictureNetworkTest, ::testing::Values(1, 2, 3),
                         [](const auto& each) { return std::to_string(each.param); });

TEST(GroupedWeights, MeetOtherKernelsRowMajor) {
  Graph graph;
  Builder builder(graph, operators());
  const ValueId x = builder.input("x", {DType::kFloat32, {2, 16, 5, 6}});
  const ValueId w = builder.parameter("w", {16, 1, 3, 3});
  const ValueId y = builder.node("Conv", {x, w}, {{"group", std::int64_t{16}}});
  graph.mark_output(y);
  graph.mark_output(builder.node("Sigmoid", {w}));  // reads it row-major, with the axes of the parameter
  const reference::Feeds feeds{{x, reference::random_values(960, 1)}, {w, reference::random_values(144, 2)}};
  for (const DeviceChoice& choice : devices()) expect_chain_close(graph, feeds, choice.open());
}

}  // namespace
}  // namespace thaw
