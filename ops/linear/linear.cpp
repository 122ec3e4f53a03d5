// Fully connected layers. Source: ONNX Gemm-13 with transB = 1.
//
//   Gemm(A[N,K], B[M,K], C[M]?) -> Y[N,M] = A B' + C
//     attributes: transB = 1; activation (set by fusion); flatten = 1 (set by fusion): A is N x C x H x W, read as
//     N x (C H W), so that a picture enters in whatever layout it has and no transpose is run
//   GemmGradInput(dY, B) {input_shape} -> dA
//   GemmGradWeight(A, dY) {has_bias}   -> dB, dC?
#include "graph/builder.h"
#include "ops/activation.h"
#include "ops/axis.h"
#include "ops/definitions.h"
#include "ops/window.h"

namespace thaw {
namespace {

std::int64_t row_length(const Shape& shape) { return element_count(Shape(shape.begin() + 1, shape.end())); }

std::vector<TensorType> infer_gemm(const InferContext& context) {
  if (!context.node.attributes.integer("flatten")) {
    expect_rank(context, 0, 2, "one row of values a sample (put a flatten layer before it)");
  }
  expect_rank(context, 1, 2, "a 2-D kernel");
  if (context.node.attributes.integer("transB") != 1) context.fail("transB", "must be 1");
  const Shape& b = context.shape(1);
  const std::int64_t length = row_length(context.shape(0));
  if (b[1] != length) {
    context.fail("input", "has " + std::to_string(length) + " values a sample, the kernel " + std::to_string(b[1]));
  }
  if (context.has_input(2) && context.shape(2) != Shape{b[0]}) context.fail("input", "bias must have one value a unit");
  return {{DType::kFloat32, {context.shape(0)[0], b[0]}}};
}

std::vector<ValueId> gemm_gradient(const GradientContext& context) {
  Builder& builder = context.builder;
  const bool has_bias = context.node.inputs.size() > 2 && context.input(2) != kNoValue;
  const ValueId dy = gradient_before_activation(context);
  const Shape& a_shape = builder.graph().value(context.input(0)).type.shape;
  std::vector<ValueId> grads(context.node.inputs.size(), kNoValue);
  if (context.wants(0)) {
    grads[0] = builder.node("GemmGradInput", {dy, context.input(1)}, {{"input_shape", a_shape}});
  }
  if (context.wants(1) || context.wants(2)) {
    const auto outputs =
        builder.nodes("GemmGradWeight", {context.input(0), dy}, {{"has_bias", static_cast<std::int64_t>(has_bias)}});
    grads[1] = outputs[0];
    if (has_bias) grads[2] = outputs[1];
  }
  return grads;
}

std::vector<TensorType> infer_grad_weight(const InferContext& context) {
  const std::int64_t units = context.shape(1).at(1);
  std::vector<TensorType> types{{DType::kFloat32, {units, row_length(context.shape(0))}}};
  if (context.node.attributes.integer("has_bias")) types.push_back({DType::kFloat32, {units}});
  return types;
}

std::int64_t gemm_flops(const InferContext& context) {
  return 2 * context.shape(0).at(0) * element_count(context.shape(1));
}
std::int64_t grad_weight_flops(const InferContext& context) {
  return 2 * element_count(context.shape(0)) * context.shape(1).at(1);
}

/// Flatten + Gemm: one inner product that reads the picture in its own layout.
bool fuse_flatten(Graph& graph, int i) {
  Node& gemm = graph.nodes()[static_cast<std::size_t>(i)];
  if (gemm.op != "Gemm" || gemm.attributes.integer("flatten")) return false;
  const int producer = graph.value(gemm.inputs[0]).producer;
  if (producer < 0) return false;
  const Node& flatten = graph.nodes()[static_cast<std::size_t>(producer)];
  if (flatten.op != "Flatten" || graph.value(flatten.inputs[0]).type.shape.size() != 4) return false;
  if (axis_index(flatten.attributes.integer("axis", 1), 4) != 1) return false;
  gemm.inputs[0] = flatten.inputs[0];
  gemm.attributes.set("flatten", std::int64_t{1});
  return true;
}

}  // namespace

void define_linear(OpRegistry& registry) {
  registry.add({.name = "Gemm",
                .min_inputs = 2,
                .max_inputs = 3,
                .infer = infer_gemm,
                .differentiability = Differentiability::kRule,
                .gradient = gemm_gradient,
                .flops = gemm_flops});
  registry.add(
      {.name = "GemmGradInput",
       .min_inputs = 2,
       .max_inputs = 2,
       .infer =
           [](const InferContext& context) {
             return std::vector<TensorType>{{DType::kFloat32, context.node.attributes.integers("input_shape")}};
           },
       .flops = gemm_flops});
  registry.add({.name = "GemmGradWeight",
                .min_inputs = 2,
                .max_inputs = 2,
                .infer = infer_grad_weight,
                .flops = grad_weight_flops});
  registry.add_fusion({"Flatten into Gemm", fuse_flatten});
  registry.add_fusion({"activation into Gemm", [](Graph& graph, int i) { return fuse_activation(graph, i, "Gemm"); }});
}

}  // namespace thaw
