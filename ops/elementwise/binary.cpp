// Functions of two numbers, with numpy's broadcasting: aligned at the last axis, an extent of 1 is repeated. Sources:
// ONNX Add-14, Sub-14, Mul-14, Div-14, Pow-15, Max-13 and Min-13 (of two inputs), PRelu-16.
//
//   F(A, B) -> Y     Add has an attribute activation ("", "Relu"; set by fusion)
//   PRelu(X, slope) -> Y = X < 0 ? slope * X : X     slope is repeated to X's shape, never X to slope's
//   PowGrad, MaxGrad, MinGrad, PReluGrad (dY, A, B) {input} -> the gradient by that input, of dY's shape; where the
//   input was repeated, the differentiation sums it. Of equal numbers, A takes the gradient of Max and Min.
#include <optional>

#include "graph/builder.h"
#include "ops/activation.h"
#include "ops/elementwise/families.h"

namespace thaw {
namespace {

/// What numpy makes of two shapes; nothing if they do not go together.
std::optional<Shape> broadcast_shape(Shape a, Shape b) {
  if (a.size() < b.size()) std::swap(a, b);
  const std::size_t extra = a.size() - b.size();
  for (std::size_t i = 0; i < b.size(); ++i) {
    std::int64_t& extent = a[extra + i];
    if (extent != b[i] && extent != 1 && b[i] != 1) return std::nullopt;
    if (extent == 1) extent = b[i];
  }
  return a;
}

std::vector<TensorType> infer_broadcast(const InferContext& context) {
  for (int i = 0; i < 2; ++i) {
    if (context.input(i).dtype != DType::kFloat32) context.fail("input", "must be real numbers");
  }
  const auto shape = broadcast_shape(context.shape(0), context.shape(1));
  if (!shape) {
    context.fail("input", "has inputs of shapes " + to_text(context.shape(0)) + " and " + to_text(context.shape(1)) +
                              ", which do not broadcast");
  }
  return {{DType::kFloat32, *shape}};
}

std::vector<TensorType> infer_prelu(const InferContext& context) {
  const auto types = infer_broadcast(context);
  if (types[0].shape != context.shape(0)) {
    context.fail("input", "has a slope of shape " + to_text(context.shape(1)) + ", which does not broadcast to " +
                              to_text(context.shape(0)));
  }
  return types;
}

std::int64_t one_flop_a_result(const InferContext& context) {
  return element_count(broadcast_shape(context.shape(0), context.shape(1)).value());
}

using GradientRule = std::function<std::vector<ValueId>(const GradientContext&)>;

void define(OpRegistry& registry, const std::string& name, GradientRule rule) {
  registry.add({.name = name,
                .min_inputs = 2,
                .max_inputs = 2,
                .infer = name == "PRelu" ? infer_prelu : infer_broadcast,
                .differentiability = Differentiability::kRule,
                .gradient = std::move(rule),
                .in_place_inputs = {0, 1},
                .flops = one_flop_a_result});
}

/// F and FGrad, which is told the input.
void define_with_grad(OpRegistry& registry, const std::string& name) {
  define(registry, name, [name](const GradientContext& context) {
    std::vector<ValueId> grads(2, kNoValue);
    for (int i = 0; i < 2; ++i) {
      if (!context.wants(i)) continue;
      grads[static_cast<std::size_t>(i)] =
          context.builder.node(name + "Grad", {context.grad(), context.input(0), context.input(1)},
                               {{"input", static_cast<std::int64_t>(i)}});
    }
    return grads;
  });
  registry.add({.name = name + "Grad",
                .min_inputs = 3,
                .max_inputs = 3,
                .infer = infer_same,
                .in_place_inputs = {0},
                .flops = one_flop_each});
}

std::vector<ValueId> add_gradient(const GradientContext& context) {
  const ValueId grad = gradient_before_activation(context);
  return {grad, grad};
}

std::vector<ValueId> sub_gradient(const GradientContext& context) {
  return {context.grad(), context.wants(1) ? context.builder.node("Neg", {context.grad()}) : kNoValue};
}

std::vector<ValueId> mul_gradient(const GradientContext& context) {
  std::vector<ValueId> grads(2, kNoValue);
  for (int i = 0; i < 2; ++i) {
    if (!context.wants(i)) continue;
    grads[static_cast<std::size_t>(i)] = context.builder.node("Mul", {context.grad(), context.input(1 - i)});
  }
  return grads;
}

/// d(A/B)/dB = -(A/B)/B.
std::vector<ValueId> div_gradient(const GradientContext& context) {
  const ValueId quotient = context.builder.node("Div", {context.grad(), context.input(1)});
  if (!context.wants(1)) return {quotient, kNoValue};
  return {quotient, context.builder.node("Neg", {context.builder.node("Mul", {quotient, context.output()})})};
}

bool fuse_relu(Graph& graph, int i) {
  return graph.nodes()[static_cast<std::size_t>(i)].op == "Relu" && fuse_activation(graph, i, "Add");
}

}  // namespace

void define_binary(OpRegistry& registry) {
  define(registry, "Add", add_gradient);
  define(registry, "Sub", sub_gradient);
  define(registry, "Mul", mul_gradient);
  define(registry, "Div", div_gradient);
  define_with_grad(registry, "Pow");
  define_with_grad(registry, "Max");
  define_with_grad(registry, "Min");
  define_with_grad(registry, "PRelu");
  registry.add_fusion({"Relu into Add", fuse_relu});
}

}  // namespace thaw
