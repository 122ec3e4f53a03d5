// Softmax over the classes of each row. Source: ONNX Softmax-13, axis 1 of a 2-D tensor.
//
//   Softmax(X[N,C]) -> Y;   SoftmaxGrad(dY, Y) -> dX = Y * (dY - sum(dY * Y))
#include "graph/builder.h"
#include "ops/definitions.h"
#include "ops/window.h"

namespace thaw {
namespace {

std::vector<TensorType> infer_rows(const InferContext& context) {
  expect_rank(context, 0, 2, "one row of values a sample (put a flatten layer before it)");
  return {context.input(0)};
}

}  // namespace

void define_softmax(OpRegistry& registry) {
  registry.add({.name = "Softmax",
                .infer = infer_rows,
                .differentiability = Differentiability::kRule,
                .gradient = [](const GradientContext& context) {
                  return std::vector<ValueId>{context.builder.node("SoftmaxGrad", {context.grad(), context.output()})};
                }});
  registry.add({.name = "SoftmaxGrad", .min_inputs = 2, .max_inputs = 2, .infer = infer_rows});
}

}  // namespace thaw
