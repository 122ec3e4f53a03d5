// Pooling and its gradients. Source: ONNX AveragePool-11 (count_include_pad 0, as Keras) and MaxPool-12 (values only).
//
//   AveragePool(X[N,C,H,W]) -> Y[N,C,oH,oW]        attributes: kernel_shape, strides, pads
//   AveragePoolGrad(dY) {input_shape} -> dX
//   MaxPool(X) -> Y;  MaxPoolGrad(X, dY) -> dX     of equal maxima, the first in row order takes the gradient
//   AveragePoolReluGrad(dY, R) -> dX = AveragePoolGrad(dY) * (R > 0)   fused: R is the relu output that was pooled
#include <algorithm>

#include "graph/builder.h"
#include "ops/definitions.h"
#include "ops/window.h"

namespace thaw {
namespace {

std::vector<TensorType> infer_pool(const InferContext& context) {
  expect_rank(context, 0, 4, "a picture (channels x height x width)");
  const Shape& x = context.shape(0);
  const Window window = Window::of(context.node.attributes);
  for (int axis = 0; axis < 2; ++axis) {  // a window of nothing but padding has no average and no maximum
    if (std::max(window.pads_begin[axis], window.pads_end[axis]) >= window.kernel[axis]) {
      context.fail("pads", "must be smaller than the window");
    }
    if (window.dilations[axis] != 1) context.fail("dilations", "of a pooling window must be 1");
  }
  const Shape extents = window.output_extents(context, x[2], x[3]);
  return {{DType::kFloat32, {x[0], x[1], extents[0], extents[1]}}};
}

std::vector<TensorType> infer_average_grad(const InferContext& context) {
  return {{DType::kFloat32, context.node.attributes.integers("input_shape")}};
}

std::vector<ValueId> average_gradient(const GradientContext& context) {
  Attributes attributes = context.node.attributes;
  attributes.set("input_shape", context.builder.graph().value(context.input(0)).type.shape);
  return {context.builder.node("AveragePoolGrad", {context.grad()}, attributes)};
}

std::vector<ValueId> max_gradient(const GradientContext& context) {
  return {context.builder.node("MaxPoolGrad", {context.input(0), context.grad()}, context.node.attributes)};
}

/// AveragePoolGrad then ReluGrad would write the largest gradient of a small network twice; one pass writes it once.
bool fuse_average_relu_grad(Graph& graph, int i) {
  const Node relu = graph.nodes()[static_cast<std::size_t>(i)];
  if (relu.op != "ReluGrad") return false;
  const ValueId spread = relu.inputs[0];
  const int producer = graph.value(spread).producer;
  if (producer < 0 || graph.use_count(spread) != 1) return false;
  const Node pool = graph.nodes()[static_cast<std::size_t>(producer)];
  if (pool.op != "AveragePoolGrad") return false;
  Node& fused = graph.nodes()[static_cast<std::size_t>(i)];
  fused.op = "AveragePoolReluGrad";
  fused.inputs = {pool.inputs[0], relu.inputs[1]};
  fused.attributes = pool.attributes;
  return true;
}

}  // namespace

void define_pool(OpRegistry& registry) {
  registry.add({.name = "AveragePool",
                .infer = infer_pool,
                .differentiability = Differentiability::kRule,
                .gradient = average_gradient});
  registry.add({.name = "AveragePoolGrad", .infer = infer_average_grad});
  registry.add({.name = "AveragePoolReluGrad",
                .min_inputs = 2,
                .max_inputs = 2,
                .infer = infer_average_grad,
                .in_place_inputs = {1}});
  registry.add({.name = "MaxPool",
                .infer = infer_pool,
                .differentiability = Differentiability::kRule,
                .gradient = max_gradient});
  registry.add({.name = "MaxPoolGrad", .min_inputs = 2, .max_inputs = 2, .infer = [](const InferContext& context) {
                  return std::vector<TensorType>{context.input(0)};
                }});
  registry.add_fusion({"relu gradient into average pool gradient", fuse_average_relu_grad});
}

}  // namespace thaw
