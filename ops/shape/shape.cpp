// Operators that move or rename elements and compute nothing. This file: those that leave every element where it is.
// Sources: ONNX Flatten-13, Reshape-14, Identity-16, Cast-13.
//
//   Flatten(X) {axis 1} -> Y[K,L]   K the product of the extents before the axis, L of the others
//   Reshape(X) {shape} -> Y         every extent as it shall be: what ONNX writes as -1 or 0 the reader resolves
//   Identity(X) -> Y
//   Cast(X) {to: "f32" or "i32"} -> Y   to i32: towards zero; beyond its range its least or largest number; NaN gives 0
#include "graph/builder.h"
#include "ops/axis.h"
#include "ops/definitions.h"
#include "ops/shape/geometry.h"

namespace thaw {
namespace {

std::vector<TensorType> infer_flatten(const InferContext& context) {
  const Shape& x = context.shape(0);
  const std::int64_t axis = context.node.attributes.integer("axis", 1);
  if (x.empty() && axis != 0) context.fail("input", "needs a batch, but its input is a scalar");
  // The rank itself is allowed: nothing is left to the second extent.
  const std::size_t at =
      axis == static_cast<std::int64_t>(x.size()) ? x.size() : checked_axis(context, "axis", axis, x.size());
  const auto middle = x.begin() + static_cast<std::ptrdiff_t>(at);
  return {{context.input(0).dtype, {element_count(Shape(x.begin(), middle)), element_count(Shape(middle, x.end()))}}};
}

std::vector<TensorType> infer_reshape(const InferContext& context) {
  const Shape shape = context.node.attributes.integers("shape");
  for (const std::int64_t extent : shape) {
    if (extent < 0) context.fail("shape", "has a negative extent");
  }
  if (element_count(shape) != element_count(context.shape(0)))
    context.fail("shape", "holds another number of elements");
  return {{context.input(0).dtype, shape}};
}

std::vector<ValueId> reshape_gradient(const GradientContext& context) {
  const Shape& shape = context.builder.graph().value(context.input(0)).type.shape;
  return {context.builder.node("Reshape", {context.grad()}, {{"shape", shape}})};
}

std::vector<TensorType> infer_cast(const InferContext& context) {
  const std::string to = context.node.attributes.text("to");
  if (to != "f32" && to != "i32") context.fail("to", "must be f32 or i32, not '" + to + "'");
  return {{to == "f32" ? DType::kFloat32 : DType::kInt32, context.shape(0)}};
}

/// What became an integer, or was one, has no slope.
std::vector<ValueId> cast_gradient(const GradientContext& context) {
  const Graph& graph = context.builder.graph();
  const bool is_copy = graph.value(context.input(0)).type == graph.value(context.output()).type;
  return {is_copy ? context.grad() : kNoValue};
}

}  // namespace

void define_rename(OpRegistry& registry) {
  registry.add({.name = "Flatten",
                .infer = infer_flatten,
                .differentiability = Differentiability::kRule,
                .gradient = reshape_gradient,
                .in_place_inputs = {0},
                .is_rename = true});
  registry.add({.name = "Reshape",
                .infer = infer_reshape,
                .differentiability = Differentiability::kRule,
                .gradient = reshape_gradient,
                .in_place_inputs = {0},
                .is_rename = true});
  registry.add({.name = "Identity",
                .infer = [](const InferContext& context) { return std::vector<TensorType>{context.input(0)}; },
                .differentiability = Differentiability::kRule,
                .gradient = [](const GradientContext& context) { return std::vector<ValueId>{context.grad()}; },
                .in_place_inputs = {0},
                .is_rename = true});
  registry.add({.name = "Cast",
                .infer = infer_cast,
                .differentiability = Differentiability::kRule,
                .gradient = cast_gradient,
                .in_place_inputs = {0}});
}

void define_shape(OpRegistry& registry) {
  define_rename(registry);
  define_rearrange(registry);
  define_join(registry);
}

}  // namespace thaw
