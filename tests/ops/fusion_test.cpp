// Activations fused into what feeds them: the same values and gradients, by fewer nodes.
#include <gmock/gmock.h>

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

struct Fusion {
  std::string name, op, activation;
  Attributes attributes = {};
  enum { kAlways, kForInference, kNever } when = kAlways;
};

std::ostream& operator<<(std::ostream& out, const Fusion& each) { return out << each.name; }

/// activation(op(x, w)), with 17 channels so that blocked layouts are padded.
struct FusedGraph {
  explicit FusedGraph(const Fusion& fusion) : builder(graph, operators()) {
    builder.enter("layer");
    const bool is_transpose = fusion.op == "ConvTranspose", is_conv = fusion.op == "Conv" || is_transpose,
               is_gemm = fusion.op == "Gemm";
    const Shape x_shape = is_gemm ? Shape{5, 7} : Shape{2, is_conv ? 3 : 17, 6, 5};
    const Shape w_shape = is_transpose ? Shape{3, 17, 3, 3}
                          : is_conv    ? Shape{17, 3, 3, 3}
                          : is_gemm    ? Shape{17, 7}
                                       : x_shape;
    x = builder.parameter("x", x_shape);
    w = builder.parameter("w", w_shape);
    Attributes attributes;
    if (is_conv) attributes.set("kernel_shape", Integers{3, 3});
    if (is_gemm) attributes.set("transB", std::int64_t{1});
    y = builder.node(fusion.activation, {builder.node(fusion.op, {x, w}, attributes)}, fusion.attributes);
    graph.mark_output(y);
    feeds[x] = reference::random_values(element_count(x_shape), 1, -2, 2);
    feeds[w] = reference::random_values(element_count(w_shape), 2);
  }

  /// Adds the gradients of the sum of squares of the output as outputs.
  void differentiate_squares() {
    const ValueId loss = builder.node("ReduceSumSquare", {graph.outputs()[0]}, {{"keepdims", std::int64_t{0}}});
    for (const auto& [parameter, gradient] : differentiate(builder, loss)) graph.mark_output(gradient);
  }

  std::vector<reference::Tensor> outputs() const {
    const reference::Values values = reference::evaluate(graph, feeds);
    std::vector<reference::Tensor> found;
    for (const ValueId output : graph.outputs()) found.push_back(values.at(output));
    return found;
  }

  Graph graph;
  Builder builder;
  ValueId x = kNoValue, w = kNoValue, y = kNoValue;
  reference::Feeds feeds;
};

class FusionTest : public ::testing::TestWithParam<Fusion> {};

TEST_P(FusionTest, FusesWhereItsGradientIsKnown) {
  FusedGraph each(GetParam());
  fuse(each.graph, operators());
  EXPECT_EQ(each.graph.nodes().size(), GetParam().when == Fusion::kAlways ? 1u : 2u);
  fuse_for_inference(each.graph, operators());
  EXPECT_EQ(each.graph.nodes().size(), GetParam().when == Fusion::kNever ? 2u : 1u);
  verify(each.graph, operators(), "fuse");
}

TEST_P(FusionTest, ChangesNoValueAndNoGradient) {
  FusedGraph plain(GetParam()), fused(GetParam());
  fuse(fused.graph, operators());
  plain.differentiate_squares();
  fused.differentiate_squares();
  ASSERT_EQ(fused.graph.outputs().size(), plain.graph.outputs().size());
  ASSERT_GE(fused.graph.outputs().size(), 2u);  // a sum's two gradients are one value
  const auto expected = plain.outputs(), found = fused.outputs();
  for (std::size_t k = 0; k < expected.size(); ++k) {
    // Parameters of a fused activation pass through f32.
    EXPECT_TRUE(is_close(found[k], expected[k], 1)) << "output " << k;
  }
  fused.graph.value(fused.x).kind = ValueKind::kInput;  // it stands for the layer before
  for (const DeviceChoice& choice : devices()) {
    SCOPED_TRACE(choice);
    expect_chain_close(fused.graph, fused.feeds, choice.open());
  }
}

TEST_P(FusionTest, RunsForInference) {
  FusedGraph plain(GetParam()), fused(GetParam());
  fuse_for_inference(fused.graph, operators());
  EXPECT_TRUE(is_close(fused.outputs()[0], plain.outputs()[0], 1));
  fused.graph.value(fused.x).kind = ValueKind::kInput;  // it stands for the layer before
  for (const DeviceChoice& choice : devices()) {
    SCOPED_TRACE(choice);
    expect_chain_close(fused.graph, fused.feeds, choice.open());
  }
}

/// relu(conv(x) + rest), where `rest` is computed before or after the convolution, or is a convolution itself.
struct ResidualGraph {
  enum class Rest { kInput, kLater, kConvolution, kReadTwice };

  explicit ResidualGraph(Rest rest) : builder(graph, operators()) {
    builder.enter("block");
    x = builder.input("x", {DType::kFloat32, {2, 17, 6, 5}});
    const auto conv = [&](const std::string& name) {
      const ValueId w = builder.parameter(name, {17, 17, 3, 3}), b = builder.parameter(name + "/bias", {17});
      feeds[w] = reference::random_values(17 * 17 * 9, 2);
      feeds[b] = reference::random_values(17, 3);
      return builder.node("Conv", {x, w, b}, {{"kernel_shape", Integers{3, 3}}, {"pads", Integers{1, 1, 1, 1}}});
    };
    const ValueId sum = conv("main");
    ValueId other = x;
    if (rest == Rest::kLater) other = builder.node("Sigmoid", {x});
    if (rest == Rest::kConvolution) other = conv("shortcut");
    ValueId y = builder.node("Relu", {builder.node("Add", {sum, other})});
    if (rest == Rest::kReadTwice) y = builder.node("Mul", {y, builder.node("Sigmoid", {x})});
    graph.mark_output(y);
    feeds[x] = reference::random_values(2 * 17 * 30, 1, -2, 2);
  }

  Graph graph;
  Builder builder;
  ValueId x = kNoValue;
  reference::Feeds feeds;
};

class ResidualTest : public ::testing::TestWithParam<ResidualGraph::Rest> {};

TEST_P(ResidualTest, SumBecomesPartOfTheConvolutionAndChangesNoValue) {
  ResidualGraph plain(GetParam()), fused(GetParam());
  fuse_for_inference(fused.graph, operators());
  remove_dead(fused.graph, operators());
  verify(fused.graph, operators(), "fuse_for_inference");
  for (const Node& node : fused.graph.nodes()) EXPECT_NE(node.op, "Add");
  const auto expected = reference::evaluate(plain.graph, plain.feeds).at(plain.graph.outputs()[0]);
  EXPECT_TRUE(is_close(reference::evaluate(fused.graph, fused.feeds).at(fused.graph.outputs()[0]), expected, 1));
  for (const DeviceChoice& choice : devices()) {
    SCOPED_TRACE(choice);
    expect_chain_close(fused.graph, fused.feeds, choice.open());
    if (!has_bfloat16()) continue;
    ProgramRunner runner(fused.graph, choice.open(), Precision::kBFloat16);
    runner.write_store(fused.feeds);
    runner.run(fused.feeds);
    EXPECT_TRUE(is_close(runner.read(fused.graph.outputs()[0]), expected, 17 * 9, kBFloat16Unit));
  }
}

INSTANTIATE_TEST_SUITE_P(Rest, ResidualTest,
                         ::testing::Values(ResidualGraph::Rest::kInput, ResidualGraph::Rest::kLater,
                                           ResidualGraph::Rest::kConvolution, ResidualGraph::Rest::kReadTwice));

/// relu(norm(x) + rest), where `rest` is there before the normalization, or only after it.
TEST(Residual, BecomesPartOfTheNormalizationBeforeItIfItIsThereInTime) {
  for (const bool is_late : {false, true}) {
    SCOPED_TRACE(is_late);
    const auto build = [&](Graph& graph, reference::Feeds& feeds, bool is_fused) {
      Builder builder(graph, operators());
      builder.enter("block");
      const ValueId x = builder.parameter("x", {2, 17, 6, 5}), scale = builder.parameter("scale", {17}),
                    bias = builder.parameter("bias", {17});
      feeds = {{x, reference::random_values(2 * 17 * 30, 1, -2, 2)},
               {scale, reference::random_values(17, 2, 0.5, 2)},
               {bias, reference::random_values(17, 3)}};
      ValueId rest = is_late ? kNoValue : builder.node("Tanh", {x});
      const auto norm = builder.nodes("BatchNormalizationTraining", {x, scale, bias});
      if (is_late) rest = builder.node("Tanh", {x});
      const ValueId y = builder.node("Relu", {builder.node("Add", {norm[0], rest})});
      graph.mark_output(y);
      if (is_fused) fuse(graph, operators());
      const ValueId loss = builder.node("ReduceSumSquare", {graph.outputs()[0]}, {{"keepdims", std::int64_t{0}}});
      for (const auto& [parameter, gradient] : differentiate(builder, loss)) graph.mark_output(gradient);
    };
    Graph plain, fused;
    reference::Feeds feeds;
    build(plain, feeds, false);
    build(fused, feeds, true);
    verify(fused, operators(), "fuse");
    int sums = 0;
    for (const Node& node : fused.nodes()) sums += node.op == "Add" && node.phase == Phase::kForward;
    EXPECT_EQ(sums, is_late ? 1 : 0);
    const auto expected = reference::evaluate(plain, feeds), found = reference::evaluate(fused, feeds);
    ASSERT_EQ(plain.outputs().size(), fused.outputs().size());
    for (std::size_t k = 0; k < plain.outputs().size(); ++k) {
      EXPECT_TRUE(is_close(found.at(fused.outputs()[k]), expected.at(plain.outputs()[k]), 1)) << "output " << k;
    }
    for (const DeviceChoice& choice : devices()) expect_chain_close(fused, feeds, choice.open());
  }
}

TEST(Residual, SumThatANormalizationReadsIsNotFoldedAway) {
  const auto build = [](Graph& graph, reference::Feeds& feeds) {
    Builder builder(graph, operators());
    const ValueId x = builder.input("x", {DType::kFloat32, {2, 5, 4, 4}});
    feeds[x] = reference::random_values(2 * 5 * 16, 1);
    const auto parameter = [&](const std::string& name, const Shape& shape, double low, double high) {
      const ValueId id = builder.parameter(name, shape);
      feeds[id] = reference::random_values(element_count(shape), feeds.size() + 2, low, high);
      return id;
    };
    const ValueId conv =
        builder.node("Conv", {x, parameter("w", {5, 5, 1, 1}, -1, 1)}, {{"kernel_shape", Integers{1, 1}}});
    const ValueId sum = builder.node("Add", {conv, x});
    graph.mark_output(
        builder.node("BatchNormalization", {sum, parameter("scale", {5}, -1, 1), parameter("bias", {5}, -1, 1),
                                            parameter("mean", {5}, -1, 1), parameter("var", {5}, 0.5, 2)}));
  };
  Graph plain, fused;
  reference::Feeds feeds;
  build(plain, feeds);
  feeds.clear();
  build(fused, feeds);
  fuse_for_inference(fused, operators());
  const auto expected = reference::evaluate(plain, feeds).at(plain.outputs()[0]);
  EXPECT_TRUE(is_close(reference::evaluate(fused, feeds).at(fused.outputs()[0]), expected, 1));
}

TEST(Residual, OfAnotherShapeIsNotFused) {
  Graph graph;
  Builder builder(graph, operators());
  const ValueId x = builder.input("x", {DType::kFloat32, {1, 3, 4, 4}});
  const ValueId sum =
      builder.node("Conv", {x, builder.parameter("w", {3, 3, 1, 1})}, {{"kernel_shape", Integers{1, 1}}});
  graph.mark_output(builder.node("Add", {sum, builder.parameter("b", {3, 1, 1})}));
  fuse_for_inference(graph, operators());
  EXPECT_EQ(graph.nodes().size(), 2u);
}

std::vector<Fusion> fusions() {
  std::vector<Fusion> all;
  for (const std::string op : {"Conv", "ConvTranspose", "Gemm"}) {
    all.push_back({op + "Relu", op, "Relu"});
    all.push_back({op + "Tanh", op, "Tanh"});
    all.push_back({op + "LeakyRelu", op, "LeakyRelu"});
    all.push_back({op + "LeakyReluSteep", op, "LeakyRelu", {{"alpha", 0.25}}});
    all.push_back({op + "LeakyReluNegative", op, "LeakyRelu", {{"alpha", -0.25}}, Fusion::kNever});
    all.push_back({op + "Elu", op, "Elu"});
    all.push_back({op + "EluAlpha", op, "Elu", {{"alpha", 0.375}}});
    all.push_back({op + "Relu6", op, "Clip", {{"min", 0.0}, {"max", 1.5}}});
    all.push_back({op + "ClipLow", op, "Clip", {{"min", -0.75}}});
    all.push_back({op + "ClipHigh", op, "Clip", {{"max", 0.75}}});
    all.push_back({op + "ClipAboveZero", op, "Clip", {{"min", 0.25}}, Fusion::kNever});
    all.push_back({op + "Swish", op, "Swish", {}, Fusion::kForInference});
    all.push_back({op + "HardSwish", op, "HardSwish", {}, Fusion::kForInference});
    all.push_back({op + "Sigmoid", op, "Sigmoid", {}, Fusion::kNever});
    all.push_back({op + "Mish", op, "Mish", {}, Fusion::kNever});
  }
  all.push_back({"AddRelu", "Add", "Relu"});
  all.push_back({"AddTanh", "Add", "Tanh", {}, Fusion::kNever});
  all.push_back({"MulRelu", "Mul", "Relu", {}, Fusion::kNever});
  return all;
}

INSTANTIATE_TEST_SUITE_P(Activation, FusionTest, ::testing::ValuesIn(fusions()),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace thaw
