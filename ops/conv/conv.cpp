// Convolution and its gradients. Source: ONNX Conv-11 (2-D; group 1).
//
//   Conv(X[N,C,H,W], W[M,C,kH,kW], B[M]?) -> Y[N,M,oH,oW]
//   attributes: kernel_shape, strides, pads, dilations, activation ("", "Relu", "Tanh"; set by fusion)
//   ConvGradInput(dY, W) {input_shape} -> dX
//   ConvGradWeight(X, dY) {has_bias}   -> dW, dB?
#include "graph/builder.h"
#include "ops/activation.h"
#include "ops/definitions.h"
#include "ops/window.h"

namespace thaw {
namespace {

std::vector<TensorType> infer_conv(const InferContext& context) {
  expect_rank(context, 0, 4, "a picture (channels x height x width)");
  expect_rank(context, 1, 4, "a 4-D kernel");
  const Shape& x = context.shape(0);
  const Shape& w = context.shape(1);
  if (w[1] != x[1])
    context.fail("input", "has " + std::to_string(x[1]) + " channels, the kernel " + std::to_string(w[1]));
  if (context.has_input(2) && context.shape(2) != Shape{w[0]})
    context.fail("input", "bias must have one value a filter");
  const Window window = Window::of(context.node.attributes);
  if (window.kernel[0] != w[2] || window.kernel[1] != w[3]) {
    context.fail("kernel_shape",
                 "is " + to_text({window.kernel[0], window.kernel[1]}) + ", the kernel " + to_text({w[2], w[3]}));
  }
  const Shape extents = window.output_extents(context, x[2], x[3]);
  return {{DType::kFloat32, {x[0], w[0], extents[0], extents[1]}}};
}

std::int64_t conv_flops(const InferContext& context) {
  const Shape& w = context.shape(1);
  return 2 * element_count(infer_conv(context)[0].shape) * w[1] * w[2] * w[3];
}

std::vector<ValueId> conv_gradient(const GradientContext& context) {
  Builder& builder = context.builder;
  const Graph& graph = builder.graph();
  const bool has_bias = context.node.inputs.size() > 2 && context.input(2) != kNoValue;
  const ValueId dy = gradient_before_activation(context);
  Attributes geometry = context.node.attributes;
  geometry.set("activation", "");

  std::vector<ValueId> grads(context.node.inputs.size(), kNoValue);
  if (context.wants(0)) {
    Attributes attributes = geometry;
    attributes.set("input_shape", graph.value(context.input(0)).type.shape);
    grads[0] = builder.node("ConvGradInput", {dy, context.input(1)}, attributes);
  }
  if (context.wants(1) || context.wants(2)) {
    Attributes attributes = geometry;
    attributes.set("kernel_shape", geometry.integers("kernel_shape"));
    attributes.set("has_bias", static_cast<std::int64_t>(has_bias));
    const auto outputs = builder.nodes("ConvGradWeight", {context.input(0), dy}, attributes);
    grads[1] = outputs[0];
    if (has_bias) grads[2] = outputs[1];
  }
  return grads;
}

std::vector<TensorType> infer_grad_input(const InferContext& context) {
  return {{DType::kFloat32, context.node.attributes.integers("input_shape")}};
}

std::vector<TensorType> infer_grad_weight(const InferContext& context) {
  const auto kernel = context.node.attributes.integers("kernel_shape");
  const std::int64_t filters = context.shape(1).at(1);
  std::vector<TensorType> types{{DType::kFloat32, {filters, context.shape(0).at(1), kernel.at(0), kernel.at(1)}}};
  if (context.node.attributes.integer("has_bias")) types.push_back({DType::kFloat32, {filters}});
  return types;
}

std::int64_t grad_input_flops(const InferContext& context) {
  const Shape& w = context.shape(1);
  return 2 * element_count(context.shape(0)) * w[1] * w[2] * w[3];
}

std::int64_t grad_weight_flops(const InferContext& context) {
  const auto kernel = context.node.attributes.integers("kernel_shape");
  return 2 * element_count(context.shape(1)) * context.shape(0).at(1) * kernel.at(0) * kernel.at(1);
}

}  // namespace

void define_conv(OpRegistry& registry) {
  registry.add({.name = "Conv",
                .min_inputs = 2,
                .max_inputs = 3,
                .infer = infer_conv,
                .differentiability = Differentiability::kRule,
                .gradient = conv_gradient,
                .flops = conv_flops});
  registry.add({.name = "ConvGradInput",
                .min_inputs = 2,
                .max_inputs = 2,
                .infer = infer_grad_input,
                .flops = grad_input_flops});
  registry.add({.name = "ConvGradWeight",
                .min_inputs = 2,
                .max_inputs = 2,
                .infer = infer_grad_weight,
                .flops = grad_weight_flops});
  registry.add_fusion({"activation into Conv", [](Graph& graph, int i) { return fuse_activation(graph, i, "Conv"); }});
}

}  // namespace thaw
