// Convolution, transposed convolution, and their gradients, over one to three spatial axes ("pixels" below: [D,] [H,]
// W). Source: ONNX Conv-11, ConvTranspose-11.
//
//   Conv(X[N,C,pixels], W[M,C/group,kernel], B[M]?, R[Y's]?) -> Y[N,M,out]
//     attributes: kernel_shape (W's), strides, pads, dilations, group (1), activation ("", "Relu", "Tanh"; by fusion)
//     R, by fusion and in inference alone, is added before the activation.
//   ConvGradInput(dY, W) {input_shape} -> dX
//   ConvGradWeight(X, dY) {has_bias}   -> dW, dB?
//
//   ConvTranspose(X[N,C,pixels], W[C,M/group,kernel], B[M]?) -> Y[N,M,out]
//     attributes: the same, and output_padding (0; smaller than the strides)
//     out = (in - 1) * stride + covered - pads + output_padding. ONNX's output_shape is resolved by transpose_pads
//     (graph/window_pads.h).
//   ConvTransposeGradBias(dY) -> dB
//   Without its bias it is the gradient of the Conv that has the same attributes and weights, which takes Y to X. So
//   its own gradients are that Conv (dX) and that Conv's weight gradient (dW).
#include "ops/conv/conv.h"

#include "graph/builder.h"
#include "ops/activation.h"
#include "ops/definitions.h"
#include "ops/window.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

std::int64_t group_of(const Node& node) { return node.attributes.integer("group", 1); }

/// Checks what both directions share; returns the window, whose kernel is W's.
Window checked_window(const InferContext& context) {
  expect_picture(context, 0);
  const std::size_t rank = context.shape(0).size();
  expect_rank(context, 1, rank, ("a " + std::to_string(rank) + "-D kernel").c_str());
  const Shape extents = spatial_extents(context.shape(1));
  Window window = Window::checked(context, rank - 2);
  if (!context.node.attributes.has("kernel_shape")) window.kernel = extents;
  if (window.kernel != extents) {
    context.fail("kernel_shape", "is " + to_text(window.kernel) + ", the kernel " + to_text(extents));
  }
  const std::int64_t group = group_of(context.node);
  if (group < 1) context.fail("group", "must be at least 1");
  if (context.shape(1)[0] % group != 0) {
    context.fail("group", "of " + std::to_string(group) + " does not divide the kernel's " +
                              std::to_string(context.shape(1)[0]));
  }
  return window;
}

void expect_bias(const InferContext& context, std::int64_t filters) {
  if (context.has_input(2) && context.shape(2) != Shape{filters}) {
    context.fail("input", "bias must have one value a filter");
  }
}

std::vector<TensorType> infer_conv(const InferContext& context) {
  const Window window = checked_window(context);
  const Shape& x = context.shape(0);
  const Shape& w = context.shape(1);
  const std::int64_t group = group_of(context.node);
  if (w[1] * group != x[1]) {
    context.fail("input", "has " + std::to_string(x[1]) + " channels, the kernel " + std::to_string(w[1]) +
                              (group == 1 ? "" : " in each of " + std::to_string(group) + " groups"));
  }
  expect_bias(context, w[0]);
  const Shape extents = window.output_extents(context, spatial_extents(x));
  const TensorType y{DType::kFloat32, picture_shape(x[0], w[0], extents)};
  if (context.has_input(3) && context.input(3) != y) throw InternalError("Conv: what is added has another shape");
  return {y};
}

std::vector<TensorType> infer_transpose(const InferContext& context) {
  const Window window = checked_window(context);
  const Shape& x = context.shape(0);
  const Shape& w = context.shape(1);
  if (w[0] != x[1]) {
    context.fail("input", "has " + std::to_string(x[1]) + " channels, the kernel " + std::to_string(w[0]));
  }
  const std::int64_t filters = w[1] * group_of(context.node);
  expect_bias(context, filters);
  const Shape added = context.node.attributes.integers("output_padding", Shape(window.axes(), 0));
  if (added.size() != window.axes()) {
    context.fail("output_padding",
                 "needs " + std::to_string(window.axes()) + " numbers, not " + std::to_string(added.size()));
  }
  Shape extents;
  for (std::size_t axis = 0; axis < window.axes(); ++axis) {
    if (added[axis] < 0 || added[axis] >= window.strides[axis]) {
      context.fail("output_padding", "must be at least 0 and smaller than the strides");
    }
    const std::int64_t full = (x[axis + 2] - 1) * window.strides[axis] + window.covered(axis) + added[axis];
    extents.push_back(full - window.pads_begin[axis] - window.pads_end[axis]);
    if (extents.back() < 1) context.fail("pads", "leave nothing of the output");
  }
  return {{DType::kFloat32, picture_shape(x[0], filters, extents)}};
}

/// Multiplications and additions where each element of a tensor of `shape` meets all weights of its channel.
std::int64_t flops_of(const Shape& shape, std::int64_t channels, const Shape& kernel) {
  return 2 * element_count(shape) * channels * element_count(kernel);
}

std::int64_t conv_flops(const InferContext& context) {
  const Shape& w = context.shape(1);
  return flops_of(infer_conv(context)[0].shape, w[1], spatial_extents(w));
}

/// Of ConvGradInput and ConvTranspose: input 0 is spread by the weights of its channel.
std::int64_t spread_flops(const InferContext& context) {
  const Shape& w = context.shape(1);
  return flops_of(context.shape(0), w[1], spatial_extents(w));
}

std::int64_t grad_weight_flops(const InferContext& context) {
  return flops_of(context.shape(1), context.shape(0).at(1) / group_of(context.node),
                  context.node.attributes.integers("kernel_shape"));
}

bool has_bias(const GradientContext& context) { return context.node.inputs.size() > 2 && context.input(2) != kNoValue; }

/// The attributes that a gradient shares with its operator.
Attributes geometry_of(const GradientContext& context) {
  Attributes geometry = context.node.attributes;
  geometry.set("activation", "");
  geometry.set("kernel_shape", spatial_extents(context.builder.graph().value(context.input(1)).type.shape));
  return geometry;
}

std::vector<ValueId> conv_gradient(const GradientContext& context) {
  if (context.node.inputs.size() > 3) throw InternalError("Conv: a fused sum has no gradient");
  Builder& builder = context.builder;
  const ValueId dy = gradient_before_activation(context);
  std::vector<ValueId> grads(context.node.inputs.size(), kNoValue);
  if (context.wants(0)) {
    Attributes attributes = geometry_of(context);
    attributes.set("input_shape", builder.graph().value(context.input(0)).type.shape);
    grads[0] = builder.node("ConvGradInput", {dy, context.input(1)}, attributes);
  }
  if (context.wants(1) || context.wants(2)) {
    Attributes attributes = geometry_of(context);
    attributes.set("has_bias", static_cast<std::int64_t>(has_bias(context)));
    const auto outputs = builder.nodes("ConvGradWeight", {context.input(0), dy}, attributes);
    grads[1] = outputs[0];
    if (has_bias(context)) grads[2] = outputs[1];
  }
  return grads;
}

std::vector<ValueId> transpose_gradient(const GradientContext& context) {
  Builder& builder = context.builder;
  const ValueId dy = gradient_before_activation(context);
  const Attributes geometry = geometry_of(context);
  std::vector<ValueId> grads(context.node.inputs.size(), kNoValue);
  if (context.wants(0)) grads[0] = builder.node("Conv", {dy, context.input(1)}, geometry);
  if (context.wants(1)) {
    Attributes attributes = geometry;
    attributes.set("has_bias", std::int64_t{0});
    grads[1] = builder.node("ConvGradWeight", {dy, context.input(0)}, attributes);
  }
  if (context.wants(2)) grads[2] = builder.node("ConvTransposeGradBias", {dy});
  return grads;
}

std::vector<TensorType> infer_grad_input(const InferContext& context) {
  return {{DType::kFloat32, context.node.attributes.integers("input_shape")}};
}

std::vector<TensorType> infer_grad_weight(const InferContext& context) {
  const std::int64_t filters = context.shape(1).at(1);
  const std::int64_t channels = context.shape(0).at(1) / group_of(context.node);
  std::vector<TensorType> types{
      {DType::kFloat32, picture_shape(filters, channels, context.node.attributes.integers("kernel_shape"))}};
  if (context.node.attributes.integer("has_bias")) types.push_back({DType::kFloat32, {filters}});
  return types;
}

std::vector<TensorType> infer_grad_bias(const InferContext& context) {
  return {{DType::kFloat32, {context.shape(0).at(1)}}};
}

}  // namespace

void define_conv(OpRegistry& registry) {
  registry.add({.name = "Conv",
                .min_inputs = 2,
                .max_inputs = 4,
                .infer = infer_conv,
                .differentiability = Differentiability::kRule,
                .gradient = conv_gradient,
                .in_place_inputs = {3},
                .flops = conv_flops});
  registry.add(
      {.name = "ConvGradInput", .min_inputs = 2, .max_inputs = 2, .infer = infer_grad_input, .flops = spread_flops});
  registry.add({.name = "ConvGradWeight",
                .min_inputs = 2,
                .max_inputs = 2,
                .infer = infer_grad_weight,
                .flops = grad_weight_flops});
  registry.add({.name = "ConvTranspose",
                .min_inputs = 2,
                .max_inputs = 3,
                .infer = infer_transpose,
                .differentiability = Differentiability::kRule,
                .gradient = transpose_gradient,
                .flops = spread_flops});
  registry.add({.name = "ConvTransposeGradBias", .infer = infer_grad_bias, .flops = [](const InferContext& context) {
                  return element_count(context.shape(0));
                }});
  registry.add_inference_fusion({"Add into Conv", fuse_residual});
  for (const char* op : {"Conv", "ConvTranspose"}) {
    registry.add_fusion(
        {std::string("activation into ") + op, [op](Graph& graph, int i) { return fuse_activation(graph, i, op); }});
  }
}

}  // namespace thaw
