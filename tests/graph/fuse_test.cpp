// Fusion rewrites; the meaning stays. In f64 on the reference interpreter, so that equal means equal.
#include <gmock/gmock.h>

#include "graph/passes/differentiate.h"
#include "graph/passes/rewrite.h"
#include "graph/verify.h"
#include "ops/catalogue.h"
#include "tests/reference/networks.h"
#include "tests/reference/random.h"

namespace thaw {
namespace {

using reference::NetworkOptions;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::Pointwise;

std::vector<std::string> ops_of(const Graph& graph) {
  std::vector<std::string> ops;
  for (const Node& node : graph.nodes()) ops.push_back(node.op);
  return ops;
}

/// The graph's outputs, in their order: fusion may compute them as other values.
std::vector<std::vector<double>> outputs_of(const Graph& graph, const reference::Feeds& feeds) {
  const reference::Values values = reference::evaluate(graph, feeds);
  std::vector<std::vector<double>> outputs;
  for (const ValueId output : graph.outputs()) outputs.push_back(values.at(output).values);
  return outputs;
}

void expect_equal(const std::vector<std::vector<double>>& found, const std::vector<std::vector<double>>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_THAT(found[i], Pointwise(DoubleNear(1e-12), expected[i])) << "output " << i;
  }
}

struct FuseCase {
  std::string name;
  NetworkOptions options;
};

std::ostream& operator<<(std::ostream& out, const FuseCase& each) { return out << each.name; }

class FuseNetworkTest : public ::testing::TestWithParam<FuseCase> {};

TEST_P(FuseNetworkTest, ForwardStaysEqual) {
  NetworkOptions options = GetParam().options;
  options.has_loss_on_probabilities = true;
  Graph graph;
  Builder builder(graph, operators());
  const reference::Network network = reference::build_localization(builder, options);
  graph.mark_output(network.probabilities);
  graph.mark_output(network.predicted_box);
  const reference::Feeds feeds = reference::network_feeds(graph, options, 5);
  const auto before = outputs_of(graph, feeds);
  EXPECT_GT(fuse(graph, operators()), 0);
  verify(graph, operators(), "fuse");
  expect_equal(outputs_of(graph, feeds), before);
  EXPECT_EQ(fuse(graph, operators()), 0) << "a second time finds nothing";
}

/// Loss and gradients of the network, fused before differentiating, after, or not at all.
std::vector<std::vector<double>> gradients(const NetworkOptions& options, bool fuses_first, bool fuses_last) {
  NetworkOptions built = options;
  built.has_loss_on_probabilities = fuses_first;
  Graph graph;
  Builder builder(graph, operators());
  const reference::Network network = reference::build_localization(builder, built);
  if (fuses_first) fuse(graph, operators());
  for (const auto& [parameter, gradient] : differentiate(builder, network.loss)) graph.mark_output(gradient);
  if (fuses_last) fuse(graph, operators());
  verify(graph, operators(), "fuse");
  return outputs_of(graph, reference::network_feeds(graph, options, 5));
}

TEST_P(FuseNetworkTest, GradientsStayEqual) {
  const auto plain = gradients(GetParam().options, false, false);
  EXPECT_EQ(plain.size(), 1 + 2 * (GetParam().options.filters.size() + 3));
  expect_equal(gradients(GetParam().options, true, false), plain);
  expect_equal(gradients(GetParam().options, false, true), plain);
  expect_equal(gradients(GetParam().options, true, true), plain);
}

const NetworkOptions kSmall{.batch = 3, .channels = 3, .size = 14, .extra_width = 1, .filters = {5, 4}, .units = 7};

NetworkOptions small(double label_smoothing, const std::string& pool, const std::string& activation) {
  NetworkOptions options = kSmall;
  options.label_smoothing = label_smoothing;
  options.pool = pool;
  options.activation = activation;
  return options;
}

INSTANTIATE_TEST_SUITE_P(Small, FuseNetworkTest,
                         ::testing::Values(FuseCase{"AverageRelu", small(0, "AveragePool", "Relu")},
                                           FuseCase{"Smoothed", small(0.1, "AveragePool", "Relu")},
                                           FuseCase{"MaxRelu", small(0, "MaxPool", "Relu")},
                                           FuseCase{"AverageTanh", small(0.2, "AveragePool", "Tanh")},
                                           FuseCase{"AverageSigmoid", small(0, "AveragePool", "Sigmoid")}),
                         [](const auto& each) { return each.param.name; });

TEST(Fuse, LeavesOneNodeALayer) {
  NetworkOptions options = kSmall;
  options.filters = {4};
  options.has_loss_on_probabilities = true;
  Graph graph;
  Builder builder(graph, operators());
  reference::build_localization(builder, options);
  fuse(graph, operators());
  EXPECT_THAT(ops_of(graph), ElementsAre("Conv", "AveragePool", "Gemm", "Gemm", "Gemm", "SoftmaxCrossEntropyLoss",
                                         "WeightedMean", "MeanSquaredErrorLoss", "WeightedMean", "Add"));
}

TEST(Fuse, AverageAndReluGradientsBecomeOne) {
  Graph graph;
  Builder builder(graph, operators());
  const reference::Network network = reference::build_localization(builder, kSmall);
  for (const auto& [parameter, gradient] : differentiate(builder, network.loss)) graph.mark_output(gradient);
  fuse(graph, operators());
  const auto ops = ops_of(graph);
  EXPECT_EQ(std::count(ops.begin(), ops.end(), "AveragePoolReluGrad"), 2);
  EXPECT_EQ(std::count(ops.begin(), ops.end(), "AveragePoolGrad"), 0);
  EXPECT_EQ(std::count(ops.begin(), ops.end(), "Relu"), 0);
}

/// x -> Gemm -> `activation`, and what else reads the Gemm's sum.
struct Dense {
  Graph graph;
  Builder builder{graph, operators()};
  ValueId x = builder.input("x", {DType::kFloat32, {2, 3}});
  ValueId w = builder.parameter("w", {4, 3});
  ValueId sum = builder.node("Gemm", {x, w}, {{"transB", std::int64_t{1}}});
};

TEST(Fuse, KeepsASumThatOthersRead) {
  Dense dense;
  const ValueId y = dense.builder.node("Relu", {dense.sum});
  dense.graph.mark_output(dense.builder.node("Add", {y, dense.sum}));
  EXPECT_EQ(fuse(dense.graph, operators()), 0);
  EXPECT_THAT(ops_of(dense.graph), ElementsAre("Gemm", "Relu", "Add"));
}

TEST(Fuse, KeepsASumThatIsAnOutput) {
  Dense dense;
  dense.graph.mark_output(dense.builder.node("Relu", {dense.sum}));
  dense.graph.mark_output(dense.sum);
  EXPECT_EQ(fuse(dense.graph, operators()), 0);
}

TEST(Fuse, OneActivationAtMost) {
  Dense dense;
  dense.graph.mark_output(dense.builder.node("Tanh", {dense.builder.node("Relu", {dense.sum})}));
  EXPECT_EQ(fuse(dense.graph, operators()), 1);
  EXPECT_THAT(ops_of(dense.graph), ElementsAre("Gemm", "Tanh"));
  EXPECT_EQ(dense.graph.nodes()[0].attributes.text("activation"), "Relu");
}

TEST(Fuse, SigmoidStaysAlone) {  // sigmoid(0) is not 0: padded channels would not stay zero
  Dense dense;
  dense.graph.mark_output(dense.builder.node("Sigmoid", {dense.sum}));
  EXPECT_EQ(fuse(dense.graph, operators()), 0);
}

TEST(Fuse, ProbabilitiesThatOthersReadStay) {
  Dense dense;
  const ValueId label = dense.builder.input("label", {DType::kInt32, {2}});
  const ValueId probabilities = dense.builder.node("Softmax", {dense.sum});
  dense.builder.enter("loss");
  dense.graph.mark_output(dense.builder.node("CrossEntropyLoss", {probabilities, label}));
  dense.graph.mark_output(probabilities);
  EXPECT_EQ(fuse(dense.graph, operators()), 1);
  EXPECT_THAT(ops_of(dense.graph), ElementsAre("Gemm", "Softmax", "SoftmaxCrossEntropyLoss"));
  EXPECT_EQ(dense.graph.value(dense.graph.nodes()[2].outputs[1]).name, "loss/log_prob");
}

TEST(Fuse, SigmoidIntoBinaryCrossEntropy) {
  Dense dense;
  const ValueId truth = dense.builder.input("truth", {DType::kFloat32, {2, 4}});
  dense.graph.mark_output(dense.builder.node(
      "BinaryCrossEntropyLoss", {dense.builder.node("Sigmoid", {dense.sum}), truth}, {{"label_smoothing", 0.25}}));
  const reference::Feeds feeds{{dense.x, reference::random_values(6, 1)},
                               {dense.w, reference::random_values(12, 2)},
                               {truth, reference::random_values(8, 3, 0, 1)}};
  const auto before = outputs_of(dense.graph, feeds);
  EXPECT_EQ(fuse(dense.graph, operators()), 1);
  EXPECT_THAT(ops_of(dense.graph), ElementsAre("Gemm", "SigmoidCrossEntropyLoss"));
  expect_equal(outputs_of(dense.graph, feeds), before);
}

TEST(Fuse, SoftmaxIntoDistributionCrossEntropy) {
  Dense dense;
  const ValueId truth = dense.builder.input("truth", {DType::kFloat32, {2, 4}});
  dense.graph.mark_output(dense.builder.node("DistributionCrossEntropyLoss",
                                             {dense.builder.node("Softmax", {dense.sum}), truth},
                                             {{"label_smoothing", 0.25}}));
  const reference::Feeds feeds{{dense.x, reference::random_values(6, 1)},
                               {dense.w, reference::random_values(12, 2)},
                               {truth, reference::random_values(8, 3, 0, 1)}};
  const auto before = outputs_of(dense.graph, feeds);
  EXPECT_EQ(fuse(dense.graph, operators()), 1);
  EXPECT_THAT(ops_of(dense.graph), ElementsAre("Gemm", "SoftmaxDistributionCrossEntropyLoss"));
  expect_equal(outputs_of(dense.graph, feeds), before);
}

TEST(Fuse, FlattenOfARowStays) {  // only pictures have layouts that a Gemm could read as they are
  Graph graph;
  Builder builder(graph, operators());
  const ValueId x = builder.input("x", {DType::kFloat32, {2, 3}});
  const ValueId w = builder.parameter("w", {4, 3});
  graph.mark_output(builder.node("Gemm", {builder.node("Flatten", {x}), w}, {{"transB", std::int64_t{1}}}));
  EXPECT_EQ(fuse(graph, operators()), 0);
}

TEST(Fuse, OnlyAFlattenOfWholeSamplesGoesIntoGemm) {
  for (const auto& [axis, fusions] : {std::pair{1, 1}, {-3, 1}, {2, 0}, {0, 0}, {4, 0}}) {
    Graph graph;
    Builder builder(graph, operators());
    const ValueId x = builder.input("x", {DType::kFloat32, {2, 3, 2, 2}});
    const ValueId rows = builder.node("Flatten", {x}, {{"axis", std::int64_t{axis}}});
    const ValueId w = builder.parameter("w", {5, graph.value(rows).type.shape[1]});
    graph.mark_output(builder.node("Gemm", {rows, w}, {{"transB", std::int64_t{1}}}));
    EXPECT_EQ(fuse(graph, operators()), fusions) << "axis " << axis;
  }
}

}  // namespace
}  // namespace thaw
