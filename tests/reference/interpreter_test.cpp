#include "tests/reference/interpreter.h"

#include <gmock/gmock.h>

#include "graph/builder.h"
#include "ops/catalogue.h"
#include "schemas/diagnostic.h"

namespace thaw::reference {
namespace {

using ::testing::ElementsAre;

TEST(Interpreter, RunsNodesInOrderAndKeepsEveryValue) {
  Graph graph;
  Builder builder(graph, operators());
  const ValueId x = builder.input("x", {DType::kFloat32, {3}});
  const ValueId sum = builder.node("Add", {x, x});
  const ValueId y = builder.node("Relu", {sum});
  const Values values = evaluate(graph, {{x, {-1, 0, 2}}});
  EXPECT_THAT(values.at(sum).values, ElementsAre(-2, 0, 4));
  EXPECT_THAT(values.at(y).values, ElementsAre(0, 0, 4));
}

std::string failure(const Graph& graph, const Feeds& feeds) {
  try {
    evaluate(graph, feeds);
  } catch (const InternalError& error) {
    return error.what();
  }
  return "no failure";
}

TEST(Interpreter, RefusesWhatItCannotCompute) {
  Graph graph;
  Builder builder(graph, operators());
  builder.enter("first");
  const ValueId x = builder.input("x", {DType::kFloat32, {3}});
  const ValueId y = builder.node("Relu", {x});
  EXPECT_EQ(failure(graph, {}), "reference: Relu reads x, which nobody gave");
  EXPECT_EQ(failure(graph, {{x, {1, 2}}}), "reference: 2 numbers for a tensor of 3");
  graph.value(y).type.shape = {4};
  EXPECT_EQ(failure(graph, {{x, {1, 2, 3}}}), "reference: first/Relu is 3, the graph says 4");
  graph.nodes()[0].op = "Rellu";
  EXPECT_EQ(failure(graph, {{x, {1, 2, 3}}}), "reference: no operator is called Rellu");
}

}  // namespace
}  // namespace thaw::reference
