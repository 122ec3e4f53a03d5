// Matrix products over stacks of matrices. Source: ONNX MatMul-13 (numpy.matmul).
//
//   MatMul(A[...,M,K], B[...,K,N]) -> Y[...,M,N]     the leading extents broadcast; a vector counts as one row (A) or
//   column (B)
//     attributes: transA, transB (0): the last two axes of that operand are read the other way round
#include "ops/linear/matmul.h"

#include "graph/builder.h"
#include "ops/definitions.h"

namespace thaw {
namespace {

std::vector<TensorType> infer_matmul(const InferContext& context) {
  for (int i = 0; i < 2; ++i) {
    if (context.shape(i).empty()) context.fail("input", "needs matrices, but an input is a scalar");
  }
  const MatMulShapes shapes = MatMulShapes::of(context.node.attributes, context.shape(0), context.shape(1));
  if (shapes.inner_a != shapes.inner_b || !shapes.is_broadcastable) {
    context.fail("input", "cannot multiply " + to_text(context.shape(0)) + " by " + to_text(context.shape(1)));
  }
  return {{DType::kFloat32, shapes.result}};
}

std::int64_t matmul_flops(const InferContext& context) {
  const MatMulShapes shapes = MatMulShapes::of(context.node.attributes, context.shape(0), context.shape(1));
  return 2 * element_count(shapes.result) * shapes.inner_a;
}

ValueId reshaped(Builder& builder, ValueId value, const Shape& shape) {
  return builder.graph().value(value).type.shape == shape ? value
                                                          : builder.node("Reshape", {value}, {{"shape", shape}});
}

/// A product of the gradient with the other operand; vectors are matrices meanwhile, and the sum over broadcast stacks
/// is the differentiator's.
std::vector<ValueId> matmul_gradient(const GradientContext& context) {
  Builder& builder = context.builder;
  const auto shape_of = [&](ValueId value) { return builder.graph().value(value).type.shape; };
  const Shape a_shape = shape_of(context.input(0)), b_shape = shape_of(context.input(1));
  const MatMulShapes shapes = MatMulShapes::of(context.node.attributes, a_shape, b_shape);
  const std::int64_t turns_a = context.node.attributes.integer("transA"),
                     turns_b = context.node.attributes.integer("transB");
  const ValueId a = reshaped(builder, context.input(0), shapes.a), b = reshaped(builder, context.input(1), shapes.b);
  const ValueId dy = reshaped(builder, context.grad(), shapes.y);
  const auto product = [&](ValueId left, ValueId right, std::int64_t turns_left, std::int64_t turns_right) {
    return builder.node("MatMul", {left, right}, {{"transA", turns_left}, {"transB", turns_right}});
  };
  /// Takes the row or column away again that made a matrix of a vector.
  const auto as_operand = [&](ValueId grad, const Shape& operand) {
    if (operand.size() > 1) return grad;
    Shape shape = shape_of(grad);
    shape.resize(shape.size() - 2);
    shape.push_back(operand[0]);
    return reshaped(builder, grad, shape);
  };
  std::vector<ValueId> grads(2, kNoValue);
  if (context.wants(0))
    grads[0] = as_operand(turns_a ? product(b, dy, turns_b, 1) : product(dy, b, 0, 1 - turns_b), a_shape);
  if (context.wants(1))
    grads[1] = as_operand(turns_b ? product(dy, a, 1, turns_a) : product(a, dy, 1 - turns_a, 0), b_shape);
  return grads;
}

}  // namespace

MatMulShapes MatMulShapes::of(const Attributes& attributes, const Shape& a_given, const Shape& b_given) {
  MatMulShapes shapes;
  shapes.a = a_given;
  shapes.b = b_given;
  if (a_given.size() == 1) shapes.a.insert(shapes.a.begin(), 1);
  if (b_given.size() == 1) shapes.b.push_back(1);
  const std::size_t rank = std::max(shapes.a.size(), shapes.b.size());
  shapes.a.insert(shapes.a.begin(), rank - shapes.a.size(), 1);
  shapes.b.insert(shapes.b.begin(), rank - shapes.b.size(), 1);
  const bool turns_a = attributes.integer("transA") != 0, turns_b = attributes.integer("transB") != 0;
  const std::int64_t rows = shapes.a[rank - (turns_a ? 1 : 2)], columns = shapes.b[rank - (turns_b ? 2 : 1)];
  shapes.inner_a = shapes.a[rank - (turns_a ? 2 : 1)];
  shapes.inner_b = shapes.b[rank - (turns_b ? 1 : 2)];
  for (std::size_t i = 0; i + 2 < rank; ++i) {
    const std::int64_t x = shapes.a[i], y = shapes.b[i];
    if (x != y && x != 1 && y != 1) shapes.is_broadcastable = false;
    shapes.y.push_back(x == 1 ? y : x);
  }
  shapes.y.push_back(rows);
  shapes.y.push_back(columns);
  shapes.result = shapes.y;
  if (b_given.size() == 1) shapes.result.pop_back();
  if (a_given.size() == 1) shapes.result.erase(shapes.result.end() - (b_given.size() == 1 ? 1 : 2));
  return shapes;
}

void define_matmul(OpRegistry& registry) {
  registry.add({.name = "MatMul",
                .min_inputs = 2,
                .max_inputs = 2,
                .infer = infer_matmul,
                .differentiability = Differentiability::kRule,
                .gradient = matmul_gradient,
                .flops = matmul_flops});
}

}  // namespace thaw
