#include "zoo/onnx_roles.h"

namespace thaw {
namespace {

/// By the values that one output is summed from, so that ReLUs keep the size of what goes through: exporters fold
/// normalizations into kernels, and nothing else in such a network would. GLOROT_UNIFORM makes a depthwise convolution
/// of n channels give 1 / sqrt(n) of that. The kernel of a grouped convolution is (out, in / groups, ...).
FreshStart kernel(const Shape& shape, bool is_transposed) {
  std::int64_t area = 1;
  for (std::size_t axis = 2; axis < shape.size(); ++axis) area *= shape[axis];
  const Fans fans{shape[1] * area, shape[0] * area};
  return {HE_NORMAL, is_transposed ? Fans{fans.out, fans.in} : fans};
}

FreshStart matrix(const Shape& shape, bool is_out_by_in) {
  const std::int64_t rows = shape[shape.size() - 2], columns = shape.back();
  return {GLOROT_UNIFORM, is_out_by_in ? Fans{columns, rows} : Fans{rows, columns}};
}

bool is_one_of(const std::string& op, std::initializer_list<const char*> ops) {
  for (const char* each : ops) {
    if (op == each) return true;
  }
  return false;
}

}  // namespace

FreshStart fresh_start(const Shape& shape, const Node& node, std::size_t input) {
  const bool is_matrix = shape.size() >= 2;
  if (is_one_of(node.op, {"Conv", "ConvTranspose"}) && input == 1 && is_matrix) {
    return kernel(shape, node.op == "ConvTranspose");
  }
  if (is_one_of(node.op, {"Gemm", "MatMul"}) && input == 1 && is_matrix) {
    return matrix(shape, node.attributes.integer("transB") != 0);
  }
  if (is_one_of(node.op, {"Conv", "ConvTranspose", "Gemm", "Add", "Sub"})) return {ZEROS};
  if (node.op == "BatchNormalization") return {input == 1 || input == 4 ? ONES : ZEROS};
  if (is_one_of(node.op, {"InstanceNormalization", "GroupNormalization", "LayerNormalization"})) {
    return {input == 1 ? ONES : ZEROS};
  }
  if (is_one_of(node.op, {"Mul", "Div"})) return {ONES};
  return is_matrix ? matrix(shape, false) : FreshStart{ZEROS};
}

}  // namespace thaw
