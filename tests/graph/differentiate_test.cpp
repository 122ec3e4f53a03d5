#include "graph/passes/differentiate.h"

#include <gmock/gmock.h>

#include "graph/verify.h"
#include "ops/catalogue.h"
#include "schemas/diagnostic.h"
#include "tests/graph/message_of.h"
#include "tests/reference/interpreter.h"

namespace thaw {
namespace {

using ::testing::ElementsAre;

class DifferentiateTest : public ::testing::Test {
 protected:
  /// The mean of `rows` [N].
  ValueId mean(ValueId rows) {
    const ValueId weights = builder_.input("weights", graph_.value(rows).type);
    feeds_[weights] = std::vector<double>(static_cast<std::size_t>(element_count(graph_.value(rows).type.shape)), 1.0);
    return builder_.node("WeightedMean", {rows, weights}, {{"scale", 1.0}});
  }

  std::vector<double> gradient(ValueId parameter, ValueId loss) {
    const auto gradients = differentiate(builder_, loss);
    verify(graph_, operators(), "differentiate");
    return reference::evaluate(graph_, feeds_).at(gradients.at(parameter)).values;
  }

  std::vector<std::string> backward_ops() const {
    std::vector<std::string> ops;
    for (const Node& node : graph_.nodes()) {
      if (node.phase == Phase::kBackward) ops.push_back(node.op);
    }
    return ops;
  }

  Graph graph_;
  Builder builder_{graph_, operators()};
  reference::Feeds feeds_;
};

TEST_F(DifferentiateTest, SumsWhatFlowsBackFromEveryReader) {
  const ValueId w = builder_.parameter("w", {2});
  feeds_[w] = {0.25, -2};
  // tanh(w) + w + w: three readers, one of them twice.
  const ValueId sum = builder_.node("Add", {builder_.node("Tanh", {w}), builder_.node("Add", {w, w})});
  const std::vector<double> found = gradient(w, mean(sum));
  const auto expected = [](double value) { return 0.5 * (1 - std::tanh(value) * std::tanh(value) + 2); };
  EXPECT_NEAR(found[0], expected(0.25), 1e-15);
  EXPECT_NEAR(found[1], expected(-2), 1e-15);
}

TEST_F(DifferentiateTest, ComputedValueReadTwice) {
  const ValueId w = builder_.parameter("w", {1});
  feeds_[w] = {0.5};
  const ValueId shared = builder_.node("Sigmoid", {w});
  const ValueId loss = mean(builder_.node("Add", {builder_.node("Tanh", {shared}), builder_.node("Relu", {shared})}));
  const double s = 1 / (1 + std::exp(-0.5)), t = std::tanh(s);
  EXPECT_NEAR(gradient(w, loss)[0], s * (1 - s) * (1 - t * t + 1), 1e-15);
}

TEST_F(DifferentiateTest, AParameterThatIsTheLoss) {
  const ValueId w = builder_.parameter("w", {});
  feeds_[w] = {7};
  EXPECT_THAT(gradient(w, w), ElementsAre(1));
}

TEST_F(DifferentiateTest, FrozenParametersGetNothingAndCostNothing) {
  const ValueId x = builder_.input("x", {DType::kFloat32, {2, 3}});
  const ValueId below = builder_.parameter("below", {4, 3}, false);
  const ValueId above = builder_.parameter("above", {5, 4});
  const Attributes transposed{{"transB", std::int64_t{1}}};
  const ValueId hidden = builder_.node("Gemm", {x, below}, transposed);
  const ValueId y = builder_.node("Gemm", {hidden, above}, transposed);
  const ValueId target = builder_.input("target", {DType::kFloat32, {2, 5}});
  const auto gradients = differentiate(builder_, mean(builder_.node("MeanSquaredErrorLoss", {y, target})));
  EXPECT_EQ(gradients.size(), 1u);
  EXPECT_EQ(gradients.count(above), 1u);
  EXPECT_THAT(backward_ops(),
              ElementsAre("Constant", "WeightedMeanGrad", "MeanSquaredErrorLossGrad", "GemmGradWeight"));
}

TEST_F(DifferentiateTest, ParametersBesideTheLossGetNothing) {
  const ValueId w = builder_.parameter("w", {2});
  const ValueId other = builder_.parameter("other", {2});
  builder_.node("Tanh", {other});
  const auto gradients = differentiate(builder_, mean(builder_.node("Tanh", {w})));
  EXPECT_EQ(gradients.count(other), 0u);
  EXPECT_EQ(gradients.size(), 1u);
}

TEST_F(DifferentiateTest, NodesCarryTheirLayer) {
  const ValueId w = builder_.parameter("w", {2});
  builder_.enter("first");
  const ValueId y = builder_.node("Tanh", {w});
  builder_.enter("last");
  differentiate(builder_, mean(y));
  EXPECT_EQ(graph_.nodes().back().layer, "first");
  EXPECT_EQ(graph_.nodes().back().op, "TanhGrad");
}

TEST_F(DifferentiateTest, RefusesAVectorAsLoss) {
  const ValueId w = builder_.parameter("w", {1});
  EXPECT_EQ(message_of<InternalError>([&] { differentiate(builder_, w); }), "the loss is not a scalar");
}

TEST_F(DifferentiateTest, RefusesWhatMustNotBeDifferentiated) {
  const ValueId w = builder_.parameter("w", {2, 3});
  const ValueId label = builder_.input("label", {DType::kInt32, {2}});
  builder_.enter("output");
  const ValueId loss = mean(builder_.node("CrossEntropyLoss", {builder_.node("Softmax", {w}), label}));
  EXPECT_EQ(message_of<InternalError>([&] { differentiate(builder_, loss); }),
            "CrossEntropyLoss of layer output must not be differentiated");
}

/// A registry whose operator "Odd" has the given rule.
OpRegistry registry_with(Differentiability differentiability,
                         std::function<std::vector<ValueId>(const GradientContext&)> rule) {
  OpRegistry registry;
  registry.add({.name = "Odd",
                .infer =
                    [](const InferContext&) {
                      return std::vector<TensorType>{{DType::kFloat32, {}}};
                    },
                .differentiability = differentiability,
                .gradient = std::move(rule)});
  registry.add(operators().get("Constant"));
  return registry;
}

std::string failure_of_rule(std::function<std::vector<ValueId>(const GradientContext&)> rule) {
  const OpRegistry registry = registry_with(Differentiability::kRule, std::move(rule));
  Graph graph;
  Builder builder(graph, registry);
  const ValueId w = builder.parameter("w", {3});
  const ValueId loss = builder.node("Odd", {w});
  return message_of<InternalError>([&] { differentiate(builder, loss); });
}

TEST(DifferentiateRule, RefusesWrongRules) {
  EXPECT_EQ(failure_of_rule([](const GradientContext&) { return std::vector<ValueId>{}; }),
            "gradient of Odd: wrong number of results");
  EXPECT_EQ(failure_of_rule([](const GradientContext& context) { return std::vector<ValueId>{context.grad()}; }),
            "gradient of w has type f32 scalar");
}

TEST(DifferentiateRule, StopsWhereNothingFlowsBackByMeaning) {
  const OpRegistry registry = registry_with(Differentiability::kNone, {});
  Graph graph;
  Builder builder(graph, registry);
  const ValueId w = builder.parameter("w", {3});
  EXPECT_TRUE(differentiate(builder, builder.node("Odd", {w})).empty());
}

}  // namespace
}  // namespace thaw
