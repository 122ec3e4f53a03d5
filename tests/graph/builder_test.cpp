#include "graph/builder.h"

#include <gmock/gmock.h>

#include "ops/catalogue.h"
#include "schemas/diagnostic.h"
#include "tests/graph/message_of.h"

namespace thaw {
namespace {

using ::testing::ElementsAre;

class BuilderTest : public ::testing::Test {
 protected:
  std::string failure(const std::string& op, std::vector<ValueId> inputs) {
    return message_of<InternalError>([&] { builder_.nodes(op, std::move(inputs)); });
  }

  Graph graph_;
  Builder builder_{graph_, operators()};
  ValueId x_ = builder_.input("x", {DType::kFloat32, {2, 3}});
};

TEST_F(BuilderTest, NamesAndPlacesWhatItAdds) {
  builder_.enter("hidden", Phase::kBackward);
  const ValueId y = builder_.node("Relu", {x_});
  EXPECT_EQ(graph_.value(y).name, "hidden/Relu");
  EXPECT_EQ(graph_.value(y).type, (TensorType{DType::kFloat32, {2, 3}}));
  EXPECT_EQ(graph_.value(y).producer, 0);
  EXPECT_EQ(graph_.nodes()[0].phase, Phase::kBackward);
  EXPECT_EQ(graph_.nodes()[0].layer, "hidden");
  EXPECT_THAT(graph_.nodes()[0].inputs, ElementsAre(x_));
  EXPECT_EQ(graph_.find("hidden/Relu"), y);
  EXPECT_EQ(graph_.find("hidden/Tanh"), kNoValue);
}

TEST_F(BuilderTest, NumbersFurtherOutputs) {
  const ValueId label = builder_.input("label", {DType::kInt32, {2}});
  builder_.enter("loss");
  const auto outputs = builder_.nodes("SoftmaxCrossEntropyLoss", {x_, label});
  ASSERT_EQ(outputs.size(), 2u);
  EXPECT_EQ(graph_.value(outputs[1]).name, "loss/SoftmaxCrossEntropyLoss:1");
}

TEST_F(BuilderTest, ListsParametersAndUses) {
  const ValueId w = builder_.parameter("w", {2, 3});
  const ValueId slot = builder_.state("w/m", {2, 3});
  const ValueId frozen = builder_.parameter("f", {1}, false);
  builder_.node("Add", {w, w});
  graph_.mark_output(w);
  graph_.mark_output(w);
  EXPECT_THAT(graph_.parameters(), ElementsAre(w, frozen));
  EXPECT_EQ(graph_.use_count(w), 3) << "two inputs and one output: marking twice counts once";
  EXPECT_EQ(graph_.use_count(slot), 0);
  EXPECT_FALSE(graph_.value(frozen).trainable);
  EXPECT_EQ(graph_.value(slot).kind, ValueKind::kState);
}

TEST_F(BuilderTest, RefusesWhatNoOperatorTakes) {
  EXPECT_EQ(failure("Relu", {x_, x_}), "Relu takes 1 to 1 inputs, not 2");
  EXPECT_EQ(failure("Conv", {x_}), "Conv takes 2 to 4 inputs, not 1");
  EXPECT_EQ(failure("Add", {x_, kNoValue}), "Add must have input 1");
  EXPECT_EQ(failure("Rellu", {x_}), "no operator is called Rellu");
  EXPECT_THAT(graph_.nodes(), ::testing::IsEmpty()) << "a refused node leaves nothing behind";
}

TEST(OpRegistry, RefusesIncompleteDefinitions) {
  const auto infer = [](const InferContext& context) { return std::vector<TensorType>{context.input(0)}; };
  const auto add = [](OpDef def) {
    return message_of<InternalError>([&] {
      OpRegistry registry;
      registry.add(def);
      registry.add(def);
    });
  };
  EXPECT_EQ(add({.name = "A"}), "operator A has no shape inference");
  EXPECT_EQ(add({.name = "A", .infer = infer, .differentiability = Differentiability::kRule}),
            "operator A: differentiability and gradient rule disagree");
  EXPECT_EQ(add({.name = "A", .infer = infer}), "operator A is defined twice");
}

TEST(Builder, AnOperatorWithoutOutputHasNoSingleOne) {
  OpRegistry registry;
  registry.add({.name = "Sink", .infer = [](const InferContext&) { return std::vector<TensorType>{}; }});
  Graph graph;
  Builder builder(graph, registry);
  const ValueId x = builder.input("x", {DType::kFloat32, {1}});
  EXPECT_EQ(message_of<InternalError>([&] { builder.node("Sink", {x}); }), "Sink has no output");
}

TEST(GraphError, NamesLayerAndAttribute) {
  EXPECT_STREQ(GraphError("conv", "kernel_shape", "is odd").what(), "layer conv (kernel_shape): is odd");
  EXPECT_STREQ(GraphError("conv", "", "is odd").what(), "layer conv: is odd");
}

}  // namespace
}  // namespace thaw
