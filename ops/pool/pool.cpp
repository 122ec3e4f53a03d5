// Pooling and its gradients, over one to three spatial axes. Source: ONNX AveragePool-19, MaxPool-12,
// GlobalAveragePool-1, GlobalMaxPool-1.
//
//   AveragePool(X[N,C,pixels]) -> Y[N,C,out]
//     attributes: kernel_shape, strides, pads, dilations, ceil_mode, count_include_pad (0: as Keras). A window that
//     hangs over the padded picture's end (ceil_mode) is divided by what lies within it, as PyTorch has it.
//   AveragePoolGrad(dY) {input_shape} -> dX
//   MaxPool(X) -> Y, Indices?
//     attributes: kernel_shape, strides, pads, dilations, ceil_mode; has_indices: whether there is a second output,
//     i32: where in X (in row order, batch and channels included) each maximum stands; storage_order: must be 0
//   MaxPoolGrad(X, dY) -> dX     of equal maxima, the first in row order takes the gradient
//   AveragePoolReluGrad(dY, R) -> dX = AveragePoolGrad(dY) * (R > 0)   fused: R is the relu output that was pooled
//   GlobalAveragePool(X[N,C,pixels]) -> Y[N,C,1...];  GlobalAveragePoolGrad(dY) {input_shape} -> dX
//   GlobalMaxPool(X) -> Y;                            GlobalMaxPoolGrad(X, dY) -> dX
#include <algorithm>

#include "graph/builder.h"
#include "ops/definitions.h"
#include "ops/window.h"

namespace thaw {
namespace {

/// Whether some window along an axis has no element of the picture. Such a window has no average and no maximum.
bool has_empty_window(const Window& window, std::size_t axis, std::int64_t input, std::int64_t outputs) {
  for (std::int64_t out = 0; out < outputs; ++out) {
    const std::int64_t start = out * window.strides[axis] - window.pads_begin[axis];
    const std::int64_t skipped = start < 0 ? (-start + window.dilations[axis] - 1) / window.dilations[axis] : 0;
    const std::int64_t first = start + skipped * window.dilations[axis];
    if (skipped >= window.kernel[axis] || first >= input) return true;
  }
  return false;
}

std::vector<TensorType> infer_pool(const InferContext& context) {
  expect_picture(context, 0);
  const Shape& x = context.shape(0);
  const Shape inputs = spatial_extents(x);
  const Window window = Window::checked(context, inputs.size());
  if (!context.node.attributes.has("kernel_shape")) context.fail("kernel_shape", "is missing");
  if (context.node.attributes.integer("storage_order") != 0) context.fail("storage_order", "must be 0");
  const Shape extents = window.output_extents(context, inputs);
  for (std::size_t axis = 0; axis < inputs.size(); ++axis) {
    if (has_empty_window(window, axis, inputs[axis], extents[axis])) {
      context.fail("pads", "leave a window that has nothing of its input");
    }
  }
  const Shape shape = picture_shape(x[0], x[1], extents);
  std::vector<TensorType> types{{DType::kFloat32, shape}};
  const bool has_indices = context.node.op == "MaxPool" && context.node.attributes.integer("has_indices");
  if (has_indices) types.push_back({DType::kInt32, shape});
  return types;
}

std::vector<TensorType> infer_global(const InferContext& context) {
  expect_picture(context, 0);
  const Shape& x = context.shape(0);
  return {{DType::kFloat32, picture_shape(x[0], x[1], Shape(x.size() - 2, 1))}};
}

std::vector<TensorType> infer_average_grad(const InferContext& context) {
  return {{DType::kFloat32, context.node.attributes.integers("input_shape")}};
}

std::vector<TensorType> infer_max_grad(const InferContext& context) { return {context.input(0)}; }

std::vector<ValueId> average_gradient(const GradientContext& context) {
  Attributes attributes = context.node.attributes;
  attributes.set("input_shape", context.builder.graph().value(context.input(0)).type.shape);
  return {context.builder.node(context.node.op + "Grad", {context.grad()}, attributes)};
}

std::vector<ValueId> max_gradient(const GradientContext& context) {
  return {context.builder.node(context.node.op + "Grad", {context.input(0), context.grad()}, context.node.attributes)};
}

/// An addition or comparison for each element of each window of `pooled`.
std::int64_t window_flops(const InferContext& context, const Shape& pooled) {
  return element_count(pooled) * element_count(context.node.attributes.integers("kernel_shape"));
}

std::int64_t pool_flops(const InferContext& context) { return window_flops(context, infer_pool(context)[0].shape); }
std::int64_t average_grad_flops(const InferContext& context) { return window_flops(context, context.shape(0)); }
std::int64_t max_grad_flops(const InferContext& context) { return window_flops(context, context.shape(1)); }
std::int64_t one_flop_each(const InferContext& context) { return element_count(context.shape(0)); }
std::int64_t one_flop_a_pixel(const InferContext& context) {
  return element_count(infer_average_grad(context)[0].shape);
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
                .gradient = average_gradient,
                .flops = pool_flops});
  registry.add({.name = "AveragePoolGrad", .infer = infer_average_grad, .flops = average_grad_flops});
  registry.add({.name = "AveragePoolReluGrad",
                .min_inputs = 2,
                .max_inputs = 2,
                .infer = infer_average_grad,
                .in_place_inputs = {1},
                .flops = average_grad_flops});
  registry.add({.name = "MaxPool",
                .infer = infer_pool,
                .differentiability = Differentiability::kRule,
                .gradient = max_gradient,
                .flops = pool_flops});
  registry.add(
      {.name = "MaxPoolGrad", .min_inputs = 2, .max_inputs = 2, .infer = infer_max_grad, .flops = max_grad_flops});
  registry.add({.name = "GlobalAveragePool",
                .infer = infer_global,
                .differentiability = Differentiability::kRule,
                .gradient = average_gradient,
                .flops = one_flop_each});
  registry.add({.name = "GlobalAveragePoolGrad", .infer = infer_average_grad, .flops = one_flop_a_pixel});
  registry.add({.name = "GlobalMaxPool",
                .infer = infer_global,
                .differentiability = Differentiability::kRule,
                .gradient = max_gradient,
                .flops = one_flop_each});
  registry.add(
      {.name = "GlobalMaxPoolGrad", .min_inputs = 2, .max_inputs = 2, .infer = infer_max_grad, .flops = one_flop_each});
  registry.add_fusion({"relu gradient into average pool gradient", fuse_average_relu_grad});
}

}  // namespace thaw
