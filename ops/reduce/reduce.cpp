// Sums, means, extrema and norms over axes. Sources: ONNX ReduceSum-13, ReduceMean-18, ReduceMax-18, ReduceMin-18,
// ReduceProd-18, ReduceL1-18, ReduceL2-18, ReduceSumSquare-18, ReduceLogSum-18, ReduceLogSumExp-18, ArgMax-13,
// ArgMin-13.
//
//   Reduce*(X) {axes, keepdims = 1} -> Y        axes absent or empty: all; negative axes count from the end
//   ArgMax, ArgMin (X) {axis = 0, keepdims = 1, select_last_index = 0} -> i32; nothing flows back
// Gradients, with the axes and keepdims of the operator:
//   ReduceSumGrad(dY) {input_shape, scale = 1} -> dX = scale * dY, repeated; of ReduceSum and ReduceMean
//   ReduceMaxGrad, ReduceMinGrad (dY, X) -> dX  to the first of equal extrema, row-major
//   ReduceProdGrad(dY, X) -> dX = dY * the product of all others
//   ReduceL1Grad, ReduceL2Grad, ReduceSumSquareGrad, ReduceLogSumGrad, ReduceLogSumExpGrad (dY, X, Y) -> dX =
//     dY * sign(X), dY * X / Y (0 where Y is), dY * 2 X, dY * exp(-Y), dY * exp(X - Y)
#include <algorithm>

#include "graph/builder.h"
#include "ops/definitions.h"
#include "ops/reduce/reduction.h"

namespace thaw {
namespace {

void expect_axis(const InferContext& context, const std::string& attribute, std::int64_t axis) {
  const auto rank = static_cast<std::int64_t>(context.shape(0).size());
  if (axis < -rank || axis >= rank) {
    context.fail(attribute, "has no axis " + std::to_string(axis) + " in " + to_text(context.shape(0)));
  }
}

void expect_reals(const InferContext& context) {
  if (context.input(0).dtype != DType::kFloat32) context.fail("input", "must be real numbers");
  if (element_count(context.shape(0)) == 0) context.fail("input", "has no elements");
}

std::vector<TensorType> infer_reduce(const InferContext& context) {
  expect_reals(context);
  const auto rank = static_cast<std::int64_t>(context.shape(0).size());
  std::vector<std::int64_t> seen;
  for (const std::int64_t axis : context.node.attributes.integers("axes")) {
    expect_axis(context, "axes", axis);
    const std::int64_t counted = axis < 0 ? axis + rank : axis;
    if (std::count(seen.begin(), seen.end(), counted))
      context.fail("axes", "names axis " + std::to_string(counted) + " twice");
    seen.push_back(counted);
  }
  const Reduction reduction = Reduction::of(context.node.attributes, context.shape(0).size());
  return {{DType::kFloat32, reduction.output_shape(context.shape(0))}};
}

std::vector<TensorType> infer_arg(const InferContext& context) {
  expect_reals(context);
  const std::int64_t axis = context.node.attributes.integer("axis");
  expect_axis(context, "axis", axis);
  const Attributes as_axes{{"axes", std::vector<std::int64_t>{axis}},
                           {"keepdims", context.node.attributes.integer("keepdims", 1)}};
  return {{DType::kInt32, Reduction::of(as_axes, context.shape(0).size()).output_shape(context.shape(0))}};
}

std::int64_t one_flop_each(const InferContext& context) { return element_count(context.shape(0)); }

std::int64_t one_flop_a_result(const InferContext& context) {
  return element_count(context.node.attributes.integers("input_shape"));
}

using GradientRule = std::function<std::vector<ValueId>(const GradientContext&)>;

void define(OpRegistry& registry, const std::string& name, GradientRule rule) {
  registry.add({.name = name,
                .infer = infer_reduce,
                .differentiability = Differentiability::kRule,
                .gradient = std::move(rule),
                .flops = one_flop_each});
}

GradientRule sum_gradient(bool is_mean) {
  return [is_mean](const GradientContext& context) {
    const Shape shape = context.builder.graph().value(context.input(0)).type.shape;
    const std::int64_t length = Reduction::of(context.node.attributes, shape.size()).length(shape);
    Attributes attributes = context.node.attributes;
    attributes.set("input_shape", shape);
    attributes.set("scale", is_mean ? 1.0 / static_cast<double>(length) : 1.0);
    return std::vector<ValueId>{context.builder.node("ReduceSumGrad", {context.grad()}, attributes)};
  };
}

/// F, and FGrad of (dY, X) or of (dY, X, Y).
void define_with_grad(OpRegistry& registry, const std::string& name, bool reads_output) {
  define(registry, name, [=](const GradientContext& context) {
    std::vector<ValueId> inputs{context.grad(), context.input(0)};
    if (reads_output) inputs.push_back(context.output());
    return std::vector<ValueId>{context.builder.node(name + "Grad", inputs, context.node.attributes)};
  });
  const int inputs = reads_output ? 3 : 2;
  registry.add({.name = name + "Grad",
                .min_inputs = inputs,
                .max_inputs = inputs,
                .infer = [](const InferContext& context) { return std::vector<TensorType>{context.input(1)}; },
                .flops = [](const InferContext& context) { return element_count(context.shape(1)); }});
}

}  // namespace

void define_reduce(OpRegistry& registry) {
  define(registry, "ReduceSum", sum_gradient(false));
  define(registry, "ReduceMean", sum_gradient(true));
  registry.add({.name = "ReduceSumGrad",
                .infer =
                    [](const InferContext& context) {
                      const Shape shape = context.node.attributes.integers("input_shape");
                      return std::vector<TensorType>{{DType::kFloat32, shape}};
                    },
                .flops = one_flop_a_result});
  for (const char* name : {"ReduceMax", "ReduceMin", "ReduceProd"}) define_with_grad(registry, name, false);
  for (const char* name : {"ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp"}) {
    define_with_grad(registry, name, true);
  }
  for (const char* name : {"ArgMax", "ArgMin"}) {
    registry.add(
        {.name = name, .infer = infer_arg, .differentiability = Differentiability::kNone, .flops = one_flop_each});
  }
}

}  // namespace thaw
