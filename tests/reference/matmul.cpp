// ONNX MatMul-13: numpy.matmul over stacks of matrices, with the last two axes of an operand exchanged where transA or
// transB says so.
#include "tests/reference/functions.h"

namespace thaw::reference {
namespace {

/// One operand: extents of its matrices as they are multiplied, and where element (stack index, row, column) lies.
struct Operand {
  const Tensor& tensor;
  Shape stack;
  std::int64_t rows, columns;
  bool is_turned;

  Operand(const Tensor& from, bool turned, bool vector_is_row) : tensor(from), is_turned(turned) {
    Shape shape = from.shape;
    if (shape.size() == 1) shape.insert(vector_is_row ? shape.begin() : shape.end(), 1);
    stack.assign(shape.begin(), shape.end() - 2);
    rows = shape[shape.size() - (turned ? 1 : 2)];
    columns = shape[shape.size() - (turned ? 2 : 1)];
  }
  double at(const Shape& index, std::int64_t r, std::int64_t c) const {
    std::int64_t matrix = 0;
    for (std::size_t i = 0; i < stack.size(); ++i) {
      const std::int64_t wanted = index[index.size() - stack.size() + i];
      matrix = matrix * stack[i] + (stack[i] == 1 ? 0 : wanted);
    }
    return tensor.at(matrix * rows * columns + (is_turned ? c * rows + r : r * columns + c));
  }
};

std::vector<Tensor> matmul(const Call& call) {
  const Attributes& attributes = call.node.attributes;
  const Operand a(call.in(0), attributes.integer("transA") != 0, true),
      b(call.in(1), attributes.integer("transB") != 0, false);
  Shape stack(std::max(a.stack.size(), b.stack.size()), 1);
  for (const Shape* shape : {&a.stack, &b.stack}) {
    for (std::size_t i = 0; i < shape->size(); ++i) {
      std::int64_t& extent = stack[stack.size() - shape->size() + i];
      extent = std::max(extent, (*shape)[i]);
    }
  }
  Shape shape = stack;
  if (call.in(0).shape.size() > 1) shape.push_back(a.rows);
  if (call.in(1).shape.size() > 1) shape.push_back(b.columns);
  Tensor y(shape);
  Shape index(stack.size(), 0);
  for (std::int64_t n = 0; n < element_count(stack); ++n) {
    std::int64_t rest = n;
    for (std::size_t i = stack.size(); i-- > 0; rest /= stack[i]) index[i] = rest % stack[i];
    for (std::int64_t r = 0; r < a.rows; ++r) {
      for (std::int64_t c = 0; c < b.columns; ++c) {
        double& sum = y.at((n * a.rows + r) * b.columns + c);
        for (std::int64_t k = 0; k < a.columns; ++k) sum += a.at(index, r, k) * b.at(index, k, c);
      }
    }
  }
  return {y};
}

}  // namespace

void add_matmul(Functions& functions) { functions["MatMul"] = matmul; }

}  // namespace thaw::reference
