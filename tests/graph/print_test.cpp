#include "graph/print.h"

#include <gtest/gtest.h>

#include "graph/passes/differentiate.h"
#include "ops/catalogue.h"
#include "tests/reference/networks.h"

namespace thaw {
namespace {

TEST(Print, WholeTrainingStep) {
  Graph graph;
  Builder builder(graph, operators());
  const ValueId x = builder.input("image", {DType::kFloat32, {2, 1, 4, 4}});
  const ValueId label = builder.input("label", {DType::kInt32, {2}});
  const ValueId weights = builder.input("weights", {DType::kFloat32, {2}});
  builder.enter("conv");
  const ValueId kernel = builder.parameter("conv/kernel", {3, 1, 3, 3}, false);
  const ValueId y = builder.node("Conv", {x, kernel, kNoValue}, {{"kernel_shape", std::vector<std::int64_t>{3, 3}}});
  builder.enter("flatten");
  const ValueId row = builder.node("Flatten", {y});
  builder.enter("dense");
  const ValueId dense_kernel = builder.parameter("dense/kernel", {5, 12});
  const ValueId logits = builder.node("Gemm", {row, dense_kernel}, {{"transB", std::int64_t{1}}});
  builder.enter("loss");
  const ValueId rows = builder.nodes("SoftmaxCrossEntropyLoss", {logits, label}, {{"label_smoothing", 0.1}})[0];
  const ValueId loss = builder.node("WeightedMean", {rows, weights}, {{"scale", 1.0}});
  const auto gradients = differentiate(builder, loss);
  reference::append_update(builder, "Sgd", {}, gradients, loss, {});
  graph.mark_output(loss);

  EXPECT_EQ(print(graph),
            R"(input     image : f32 2x1x4x4
input     label : i32 2
input     weights : f32 2
parameter conv/kernel : f32 3x1x3x3 frozen
parameter dense/kernel : f32 5x12
input     learning_rate : f32 scalar
input     step : i32 scalar
forward   conv/Conv : f32 2x3x2x2 = Conv(image, conv/kernel, -)  kernel_shape=[3,3]
forward   flatten/Flatten : f32 2x12 = Flatten(conv/Conv)
forward   dense/Gemm : f32 2x5 = Gemm(flatten/Flatten, dense/kernel)  transB=1
forward   loss/SoftmaxCrossEntropyLoss : f32 2, loss/SoftmaxCrossEntropyLoss:1 : f32 2x5 = SoftmaxCrossEntropyLoss(dense/Gemm, label)  label_smoothing=0.1
forward   loss/WeightedMean : f32 scalar = WeightedMean(loss/SoftmaxCrossEntropyLoss, weights)  scale=1
backward  loss/Constant : f32 scalar = Constant()  value_float=1
backward  loss/WeightedMeanGrad : f32 2 = WeightedMeanGrad(loss/Constant, weights)  scale=1
backward  loss/SoftmaxCrossEntropyLossGrad : f32 2x5 = SoftmaxCrossEntropyLossGrad(loss/WeightedMeanGrad, loss/SoftmaxCrossEntropyLoss:1, label)  label_smoothing=0.1
backward  dense/GemmGradWeight : f32 5x12 = GemmGradWeight(flatten/Flatten, loss/SoftmaxCrossEntropyLossGrad)  has_bias=0
update    update/Sgd : f32 scalar = Sgd(loss/WeightedMean, learning_rate, step, dense/kernel, dense/GemmGradWeight)  count=1
output    loss/WeightedMean
)");
}

}  // namespace
}  // namespace thaw
