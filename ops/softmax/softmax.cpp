// Softmax along an axis. Sources: ONNX Softmax-13, LogSoftmax-13.
//
//   Softmax, LogSoftmax (X) {axis = -1} -> Y        a negative axis counts from the end
//   SoftmaxGrad(dY, Y) {axis} -> dX = Y * (dY - sum(dY * Y))
//   LogSoftmaxGrad(dY, Y) {axis} -> dX = dY - exp(Y) * sum(dY)
#include "graph/builder.h"
#include "ops/definitions.h"

namespace thaw {
namespace {

std::vector<TensorType> infer_along_axis(const InferContext& context) {
  const auto rank = static_cast<std::int64_t>(context.shape(0).size());
  const std::int64_t axis = context.node.attributes.integer("axis", -1);
  if (context.input(0).dtype != DType::kFloat32) context.fail("input", "must be real numbers");
  if (axis < -rank || axis >= rank) {
    context.fail("axis", "has no axis " + std::to_string(axis) + " in " + to_text(context.shape(0)));
  }
  return {context.input(0)};
}

std::int64_t four_flops_each(const InferContext& context) { return 4 * element_count(context.shape(0)); }

void define(OpRegistry& registry, const std::string& name) {
  registry.add({.name = name,
                .infer = infer_along_axis,
                .differentiability = Differentiability::kRule,
                .gradient =
                    [name](const GradientContext& context) {
                      return std::vector<ValueId>{context.builder.node(
                          name + "Grad", {context.grad(), context.output()}, context.node.attributes)};
                    },
                .flops = four_flops_each});
  registry.add(
      {.name = name + "Grad", .min_inputs = 2, .max_inputs = 2, .infer = infer_along_axis, .flops = four_flops_each});
}

}  // namespace

void define_softmax(OpRegistry& registry) {
  define(registry, "Softmax");
  define(registry, "LogSoftmax");
}

}  // namespace thaw
