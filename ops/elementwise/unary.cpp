// Functions of one number. Sources: ONNX Relu-14, LeakyRelu-16, Elu-6, Selu-6, Clip-13, Sigmoid-13, HardSigmoid-6,
// HardSwish-14, Softplus-1, Softsign-1, Tanh-13, Exp-13, Log-13, Sqrt-13, Reciprocal-13, Abs-13, Neg-13, Erf-13,
// Gelu-20 (approximate = none), Floor-13, Ceil-13, Round-11, Mish-18; Swish (x * sigmoid(x)) is ONNX's Swish-24 with
// alpha 1.
//
//   F(X) -> Y;  FGrad(dY, Z) -> dX
// Z is the output Y where the slope can be told from it, so that the function may overwrite its input: Relu, Elu, Selu,
// Clip, Sigmoid, HardSigmoid, Softplus, Softsign, Tanh, Exp, Sqrt, Reciprocal, and LeakyRelu for alpha > 0. It is the
// input X for LeakyRelu otherwise, HardSwish, Log, Abs, Erf, Gelu, Swish and Mish.
//   attributes: LeakyRelu, Elu: alpha; Selu: alpha, gamma; HardSigmoid: alpha, beta; Clip: min, max (either may be
//   absent)
// The gradient of Neg is Neg; nothing flows back through Floor, Ceil and Round.
#include "graph/builder.h"
#include "ops/activation.h"
#include "ops/elementwise/families.h"
#include "ops/elementwise/functions.h"

namespace thaw {
namespace {

using Infer = std::function<std::vector<TensorType>(const InferContext&)>;
using GradientRule = std::function<std::vector<ValueId>(const GradientContext&)>;

std::vector<TensorType> infer_pair(const InferContext& context) {
  if (context.input(0) != context.input(1)) {
    context.fail("input",
                 "has inputs of unequal shapes " + to_text(context.shape(0)) + " and " + to_text(context.shape(1)));
  }
  return {context.input(0)};
}

std::vector<TensorType> infer_not_negative(const InferContext& context) {
  for (const char* name : {"alpha", "gamma"}) {
    if (context.node.attributes.real(name) < 0) context.fail(name, "must not be negative");
  }
  return infer_same(context);
}

void define_function(OpRegistry& registry, const std::string& name, GradientRule rule, Infer infer = infer_same) {
  registry.add({.name = name,
                .infer = std::move(infer),
                .differentiability = Differentiability::kRule,
                .gradient = std::move(rule),
                .in_place_inputs = {0},
                .flops = one_flop_each});
}

void define_gradient(OpRegistry& registry, const std::string& name) {
  registry.add({.name = name + "Grad",
                .min_inputs = 2,
                .max_inputs = 2,
                .infer = infer_pair,
                .in_place_inputs = {0},
                .flops = one_flop_each});
}

/// F and FGrad.
template <typename F>
void define(OpRegistry& registry, const std::string& name, Infer infer = infer_same) {
  const auto rule = [name](const GradientContext& context) {
    const ValueId read = F::kReadsOutput ? context.output() : context.input(0);
    return std::vector<ValueId>{context.builder.node(name + "Grad", {context.grad(), read}, context.node.attributes)};
  };
  define_function(registry, name, rule, std::move(infer));
  define_gradient(registry, name);
}

std::vector<ValueId> leaky_relu_gradient(const GradientContext& context) {
  const bool keeps_sign = context.node.attributes.real("alpha", 0.01) > 0;
  const ValueId read = keeps_sign ? context.output() : context.input(0);
  return {context.builder.node("LeakyReluGrad", {context.grad(), read}, context.node.attributes)};
}

void define_step(OpRegistry& registry, const std::string& name) {
  registry.add({.name = name,
                .infer = infer_same,
                .differentiability = Differentiability::kNone,
                .in_place_inputs = {0},
                .flops = one_flop_each});
}

}  // namespace

void define_unary(OpRegistry& registry) {
  namespace f = functions;
  define<f::Relu>(registry, "Relu");
  define_function(registry, "LeakyRelu", leaky_relu_gradient);
  define_gradient(registry, "LeakyRelu");
  define<f::Elu>(registry, "Elu", infer_not_negative);
  define<f::Selu>(registry, "Selu", infer_not_negative);
  define<f::Clip>(registry, "Clip");
  define<f::Sigmoid>(registry, "Sigmoid");
  define<f::HardSigmoid>(registry, "HardSigmoid");
  define<f::HardSwish>(registry, "HardSwish");
  define<f::Softplus>(registry, "Softplus");
  define<f::Softsign>(registry, "Softsign");
  define<f::Tanh>(registry, "Tanh");
  define<f::Exp>(registry, "Exp");
  define<f::Log>(registry, "Log");
  define<f::Sqrt>(registry, "Sqrt");
  define<f::Reciprocal>(registry, "Reciprocal");
  define<f::Abs>(registry, "Abs");
  define<f::Erf>(registry, "Erf");
  define<f::Gelu>(registry, "Gelu");
  define<f::Swish>(registry, "Swish");
  define<f::Mish>(registry, "Mish");
  define_function(registry, "Neg", [](const GradientContext& context) {
    return std::vector<ValueId>{context.builder.node("Neg", {context.grad()})};
  });
  define_step(registry, "Floor");
  define_step(registry, "Ceil");
  define_step(registry, "Round");
  for (const std::string op : {"Conv", "ConvTranspose", "Gemm"}) {
    registry.add_inference_fusion(
        {"Swish into " + op, [op](Graph& graph, int i) { return fuse_activation_for_inference(graph, i, op); }});
  }
}

}  // namespace thaw
