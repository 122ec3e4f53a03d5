// Each way a pass may break a graph, and what verify() says about it.
#include "graph/verify.h"

#include <gtest/gtest.h>

#include "graph/builder.h"
#include "ops/catalogue.h"
#include "schemas/diagnostic.h"
#include "tests/graph/message_of.h"

namespace thaw {
namespace {

class VerifyTest : public ::testing::Test {
 protected:
  VerifyTest() {
    builder_.enter("a");
    a_ = builder_.node("Tanh", {x_});
    builder_.enter("b");
    b_ = builder_.node("Add", {a_, x_});
    graph_.mark_output(b_);
  }

  std::string failure() const {
    return message_of<InternalError>([&] { verify(graph_, operators(), "test"); });
  }

  Node& node(int i) { return graph_.nodes()[static_cast<std::size_t>(i)]; }

  Graph graph_;
  Builder builder_{graph_, operators()};
  ValueId x_ = builder_.input("x", {DType::kFloat32, {2, 3}});
  ValueId a_ = kNoValue, b_ = kNoValue;
};

TEST_F(VerifyTest, AcceptsAGoodGraph) { EXPECT_EQ(failure(), "nothing was thrown"); }

TEST_F(VerifyTest, ValueReadBeforeItIsComputed) {
  node(0).inputs[0] = b_;
  EXPECT_EQ(failure(), "after test: a/Tanh reads b/Add before it is computed");
}

TEST_F(VerifyTest, ValueReadByItsOwnNode) {
  node(0).inputs[0] = a_;
  EXPECT_EQ(failure(), "after test: a/Tanh reads a/Tanh before it is computed");
}

TEST_F(VerifyTest, ValueThatNobodyComputes) {
  graph_.value(a_).producer = -1;
  EXPECT_EQ(failure(), "after test: a/Tanh is not the producer of its output");
  graph_.erase_nodes({true, false});
  EXPECT_EQ(failure(), "after test: b/Add reads a/Tanh before it is computed");
}

TEST_F(VerifyTest, OutputThatNobodyComputes) {
  graph_.erase_nodes({false, true});
  EXPECT_EQ(failure(), "after test: nothing computes the output b/Add");
}

TEST_F(VerifyTest, AnotherTypeThanInferred) {
  graph_.value(a_).type.dtype = DType::kInt32;
  EXPECT_EQ(failure(), "after test: a/Tanh gives f32 2x3, not i32 2x3");
}

TEST_F(VerifyTest, InputsThatDoNotFit) {
  node(1).inputs[1] = builder_.input("other", {DType::kFloat32, {4}});
  EXPECT_EQ(failure(),
            "after test: b/Add does not fit: layer b (input): has inputs of shapes 2x3 and 4, which do not broadcast");
}

TEST_F(VerifyTest, WrongNumberOfInputs) {
  node(1).inputs.pop_back();
  EXPECT_EQ(failure(), "after test: b/Add has a wrong number of inputs");
}

TEST_F(VerifyTest, RequiredInputLeftOut) {
  node(1).inputs[0] = kNoValue;
  EXPECT_EQ(failure(), "after test: b/Add lacks input 0");
}

TEST_F(VerifyTest, WrongNumberOfOutputs) {
  node(0).outputs.push_back(graph_.add_value({"spare", {}, ValueKind::kComputed, 0, false}));
  EXPECT_EQ(failure(), "after test: a/Tanh has a wrong number of outputs");
}

TEST_F(VerifyTest, UnknownOperator) {
  node(0).op = "Tangent";
  EXPECT_EQ(failure(), "no operator is called Tangent");
}

TEST_F(VerifyTest, NothingRunsAfterTheUpdate) {
  const ValueId w = builder_.parameter("w", {2, 3});
  const ValueId scalar = builder_.input("scalar", {DType::kFloat32, {}});
  const ValueId step = builder_.input("step", {DType::kInt32, {}});
  builder_.enter("update", Phase::kUpdate);
  builder_.node("Sgd", {scalar, scalar, step, w, b_}, {{"count", std::int64_t{1}}});
  EXPECT_EQ(failure(), "nothing was thrown");
  builder_.enter("late");
  builder_.node("Tanh", {w});
  EXPECT_EQ(failure(), "after test: late/Tanh runs after the update");
}

}  // namespace
}  // namespace thaw
