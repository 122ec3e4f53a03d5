#include "graph/passes/pipeline.h"

#include <gmock/gmock.h>

#include "graph/builder.h"
#include "graph/passes/rewrite.h"
#include "ops/catalogue.h"
#include "schemas/diagnostic.h"
#include "tests/graph/message_of.h"

namespace thaw {
namespace {

class PipelineTest : public ::testing::Test {
 protected:
  PipelineTest() {
    Builder builder(graph_, operators());
    const ValueId x = builder.input("x", {DType::kFloat32, {2}});
    builder.enter("a");
    builder.node("Tanh", {x});
    builder.enter("b");
    graph_.mark_output(builder.node("Relu", {x}));
  }

  Graph graph_;
  const Pass remove_dead_{"remove_dead", [](Graph& graph) { remove_dead(graph, operators()); }};
};

TEST_F(PipelineTest, ReportsEachPass) {
  const auto reports = run_pipeline(graph_, operators(), {remove_dead_, {"nothing", [](Graph&) {}}});
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[0].name, "remove_dead");
  EXPECT_EQ(reports[0].nodes_before, 2);
  EXPECT_EQ(reports[0].nodes_after, 1);
  EXPECT_GE(reports[0].ms, 0);
  EXPECT_EQ(reports[1].nodes_before, 1);
  EXPECT_EQ(reports[0].dump, "");
}

TEST_F(PipelineTest, DumpsOnRequest) {
  const auto reports = run_pipeline(graph_, operators(), {remove_dead_}, true);
  EXPECT_EQ(reports[0].dump,
            "input     x : f32 2\n"
            "forward   b/Relu : f32 2 = Relu(x)\n"
            "output    b/Relu\n");
}

TEST_F(PipelineTest, NamesThePassThatBrokeTheGraph) {
  const Pass breaks{"widen", [](Graph& graph) { graph.value(graph.find("b/Relu")).type.shape = {3}; }};
  EXPECT_EQ(message_of<InternalError>([&] {
              run_pipeline(graph_, operators(), {remove_dead_, breaks});
            }),
            "after widen: b/Relu gives f32 2, not f32 3");
}

}  // namespace
}  // namespace thaw
