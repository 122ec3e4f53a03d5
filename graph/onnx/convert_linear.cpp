// Matrix products of ONNX.
#include "graph/onnx/node.h"

namespace thaw::onnx_io {
namespace {

ValueId transposed(OnnxNode& node, ValueId matrix) {
  return node.add("Transpose", {matrix}, {{"perm", std::vector<std::int64_t>{1, 0}}});
}

/// A known matrix is turned once, while reading; one that is computed or learned at run time.
ValueId turned_weight(OnnxNode& node, int i) {
  if (!node.is_literal(i) || node.is_learned(i)) return transposed(node, node.value(i));
  const Literal& b = node.literal(i, "B");
  Literal result{b.type, {b.shape[1], b.shape[0]}, std::vector<double>(b.values.size())};
  for (std::int64_t r = 0; r < b.shape[0]; ++r) {
    for (std::int64_t c = 0; c < b.shape[1]; ++c) {
      result.values[static_cast<std::size_t>(c * b.shape[0] + r)] =
          b.values[static_cast<std::size_t>(r * b.shape[1] + c)];
    }
  }
  return node.parameter(result, node.input_name(i) + "/transposed");
}

ValueId scaled(OnnxNode& node, ValueId value, double factor) {
  return factor == 1 ? value : node.add("Mul", {value, node.constant(factor)});
}

/// Y = alpha A' B' + beta C as thaw's inner product: weights [units, values] and one bias a unit. What does not fit
/// that (another C, alpha, beta) is added around it.
void convert_gemm(OnnxNode& node) {
  if (node.rank(0) != 2 || node.rank(1) != 2) throw Unsupported("needs two matrices");
  const double alpha = node.real("alpha", 1), beta = node.real("beta", 1);
  const bool turns_a = node.integer("transA", 0) != 0, has_transposed_b = node.integer("transB", 0) != 0;
  node.ignore({"broadcast"});
  ValueId a = turns_a ? transposed(node, node.value(0)) : node.value(0);
  const ValueId b = has_transposed_b ? node.value(1) : turned_weight(node, 1);
  const std::int64_t units = node.shape_of(b)[0];
  const Attributes product{{"transB", std::int64_t{1}}};
  const bool has_c = node.has_input(2) && beta != 0;
  const bool is_bias = has_c && beta == 1 && alpha == 1 && node.is_literal(2) &&
                       element_count(node.shape(2)) == units &&
                       (node.rank(2) == 1 || (node.rank(2) == 2 && node.shape(2)[0] == 1));
  if (is_bias && node.is_learned(2)) {
    node.give(0, node.add("Gemm", {a, b, node.reshape(node.value(2), {units})}, product));
    return;
  }
  if (is_bias) {
    Literal bias = node.literal(2, "C");
    const std::string name = node.input_name(2) + (bias.shape.size() == 1 ? "" : "/row");
    bias.shape = {units};
    node.give(0, node.add("Gemm", {a, b, node.parameter(bias, name)}, product));
    return;
  }
  ValueId y = scaled(node, node.add("Gemm", {a, b}, product), alpha);
  if (has_c) y = node.add("Add", {y, scaled(node, node.value(2), beta)});
  node.give(0, y);
}

void convert_matmul(OnnxNode& node) { node.give(0, node.add("MatMul", {node.value(0), node.value(1)})); }

}  // namespace

void add_linear_converters(Converters& converters) {
  converters["Gemm"] = convert_gemm;
  converters["MatMul"] = convert_matmul;
}

}  // namespace thaw::onnx_io
