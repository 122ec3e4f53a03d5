#include <gmock/gmock.h>

#include "graph/builder.h"
#include "graph/passes/rewrite.h"
#include "graph/verify.h"
#include "ops/catalogue.h"

namespace thaw {
namespace {

using ::testing::ElementsAre;

TEST(RemoveDead, KeepsWhatLeadsToAnOutput) {
  Graph graph;
  Builder builder(graph, operators());
  const ValueId x = builder.input("x", {DType::kFloat32, {2}});
  const ValueId dead = builder.node("Tanh", {x});
  builder.node("Relu", {dead});
  const ValueId kept = builder.node("Sigmoid", {x});
  const ValueId y = builder.node("Add", {kept, x});
  graph.mark_output(y);
  EXPECT_EQ(remove_dead(graph, operators()), 2);
  ASSERT_EQ(graph.nodes().size(), 2u);
  EXPECT_EQ(graph.nodes()[0].op, "Sigmoid");
  EXPECT_EQ(graph.value(kept).producer, 0);
  EXPECT_EQ(graph.value(y).producer, 1);
  EXPECT_EQ(graph.value(dead).producer, -1);
  verify(graph, operators(), "remove_dead");
  EXPECT_EQ(remove_dead(graph, operators()), 0);
}

TEST(RemoveDead, KeepsANodeOfWhichAnyOutputIsRead) {
  Graph graph;
  Builder builder(graph, operators());
  const ValueId x = builder.input("x", {DType::kFloat32, {2, 3}});
  const ValueId label = builder.input("label", {DType::kInt32, {2}});
  graph.mark_output(builder.nodes("SoftmaxCrossEntropyLoss", {x, label})[1]);
  EXPECT_EQ(remove_dead(graph, operators()), 0);
}

TEST(RemoveDead, KeepsUpdatesThatNobodyReads) {
  Graph graph;
  Builder builder(graph, operators());
  const ValueId w = builder.parameter("w", {2});
  const ValueId scalar = builder.input("scalar", {DType::kFloat32, {}});
  const ValueId step = builder.input("step", {DType::kInt32, {}});
  const ValueId gradient = builder.node("Tanh", {w});
  builder.node("Sgd", {scalar, scalar, step, w, gradient}, {{"count", std::int64_t{1}}});
  EXPECT_EQ(remove_dead(graph, operators()), 0);
}

TEST(RemoveDead, RemovesAll) {
  Graph graph;
  Builder builder(graph, operators());
  const ValueId x = builder.input("x", {DType::kFloat32, {2}});
  builder.node("Tanh", {builder.node("Relu", {x})});
  EXPECT_EQ(remove_dead(graph, operators()), 2);
  EXPECT_TRUE(graph.nodes().empty());
}

}  // namespace
}  // namespace thaw
