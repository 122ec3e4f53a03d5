// Operators that work on one element at a time. Source: ONNX Relu-14, Sigmoid-13, Tanh-13, Add-14 (equal shapes only),
// Constant-13 (value_float: a scalar).
//
//   Relu, Sigmoid, Tanh (X) -> Y
//   ReluGrad, SigmoidGrad, TanhGrad (dY, Y) -> dX   from the output, so that the input need not be kept
#include "graph/builder.h"
#include "ops/definitions.h"

namespace thaw {
namespace {

std::vector<TensorType> infer_same(const InferContext& context) { return {context.input(0)}; }

std::vector<TensorType> infer_equal(const InferContext& context) {
  if (context.input(0) != context.input(1)) {
    context.fail("input",
                 "has inputs of unequal shapes " + to_text(context.shape(0)) + " and " + to_text(context.shape(1)));
  }
  return {context.input(0)};
}

std::int64_t one_flop_each(const InferContext& context) { return element_count(context.shape(0)); }

void define_activation(OpRegistry& registry, const std::string& name) {
  registry.add(
      {.name = name,
       .infer = infer_same,
       .differentiability = Differentiability::kRule,
       .gradient =
           [name](const GradientContext& context) {
             return std::vector<ValueId>{context.builder.node(name + "Grad", {context.grad(), context.output()})};
           },
       .in_place_inputs = {0},
       .flops = one_flop_each});
  registry.add({.name = name + "Grad",
                .min_inputs = 2,
                .max_inputs = 2,
                .infer = infer_equal,
                .in_place_inputs = {0},
                .flops = one_flop_each});
}

}  // namespace

void define_elementwise(OpRegistry& registry) {
  define_activation(registry, "Relu");
  define_activation(registry, "Sigmoid");
  define_activation(registry, "Tanh");
  registry.add({.name = "Add",
                .min_inputs = 2,
                .max_inputs = 2,
                .infer = infer_equal,
                .differentiability = Differentiability::kRule,
                .gradient =
                    [](const GradientContext& context) {
                      return std::vector<ValueId>{context.grad(), context.grad()};
                    },
                .in_place_inputs = {0, 1},
                .flops = one_flop_each});
  registry.add({.name = "Constant", .min_inputs = 0, .max_inputs = 0, .infer = [](const InferContext&) {
                  return std::vector<TensorType>{{DType::kFloat32, {}}};
                }});
}

}  // namespace thaw
