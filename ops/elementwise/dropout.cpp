// Dropout-13 of ONNX, with a mask that depends on nothing but (seed, step, element).
//
//   Dropout(X, step[i32 scalar]?) {ratio = 0.5, seed = 0} -> Y = X * mask / (1 - ratio)
// Without a step (inference) Y is X. Element i, counted row-major in X, is dropped if draw i % 4 of the block that
// Philox4x32-10 gives for key `seed` and counter (i / 4, step, 0) is below ratio * 2^32 (i / 4 and seed take two words,
// the low one in front). Linear in X, so that its gradient is Dropout(dY, step).
#include "graph/builder.h"
#include "ops/elementwise/families.h"

namespace thaw {
namespace {

std::vector<TensorType> infer_dropout(const InferContext& context) {
  const double ratio = context.node.attributes.real("ratio", 0.5);
  if (!(ratio >= 0 && ratio < 1)) context.fail("ratio", "must be at least 0 and below 1");
  if (context.has_input(1) && context.input(1) != TensorType{DType::kInt32, {}}) {
    context.fail("input", "needs the step as one integer");
  }
  return infer_same(context);
}

std::vector<ValueId> dropout_gradient(const GradientContext& context) {
  std::vector<ValueId> inputs = context.node.inputs;
  inputs[0] = context.grad();
  const ValueId grad = context.builder.node("Dropout", inputs, context.node.attributes);
  return inputs.size() == 1 ? std::vector<ValueId>{grad} : std::vector<ValueId>{grad, kNoValue};
}

}  // namespace

void define_dropout(OpRegistry& registry) {
  registry.add({.name = "Dropout",
                .max_inputs = 2,
                .infer = infer_dropout,
                .differentiability = Differentiability::kRule,
                .gradient = dropout_gradient,
                .in_place_inputs = {0},
                .flops = one_flop_each});
}

}  // namespace thaw
