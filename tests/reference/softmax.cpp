// ONNX Softmax-13 and LogSoftmax-13 along an axis: exp(x) / sum of exp(x), and its logarithm. Their gradients by the
// Jacobians, spelled out: dX[i] = sum over j of dY[j] Y[j] ([i = j] - Y[i]), and sum over j of dY[j] ([i = j] - exp
// Y[i]).
#include <algorithm>
#include <cmath>

#include "tests/reference/functions.h"

namespace thaw::reference {
namespace {

/// The elements along the axis, a list for each place of the other axes.
std::vector<std::vector<std::int64_t>> lines_of(const Call& call, const Shape& shape) {
  const auto rank = static_cast<std::int64_t>(shape.size());
  const auto axis = static_cast<std::size_t>((call.node.attributes.integer("axis", -1) + rank) % rank);
  std::int64_t inner = 1;
  for (std::size_t i = axis + 1; i < shape.size(); ++i) inner *= shape[i];
  std::vector<std::vector<std::int64_t>> lines(static_cast<std::size_t>(element_count(shape) / shape[axis]));
  for (std::int64_t i = 0; i < element_count(shape); ++i) {
    const std::int64_t line = i / (inner * shape[axis]) * inner + i % inner;
    lines.at(static_cast<std::size_t>(line)).push_back(i);
  }
  return lines;
}

Tensor log_softmax_of(const Call& call) {
  Tensor y = call.in(0);
  for (const auto& line : lines_of(call, y.shape)) {
    double largest = y.at(line[0]), sum = 0;
    for (const std::int64_t i : line) largest = std::max(largest, y.at(i));
    for (const std::int64_t i : line) sum += std::exp(y.at(i) - largest);
    for (const std::int64_t i : line) y.at(i) -= largest + std::log(sum);
  }
  return y;
}

std::vector<Tensor> log_softmax(const Call& call) { return {log_softmax_of(call)}; }

std::vector<Tensor> softmax(const Call& call) {
  Tensor y = log_softmax_of(call);
  for (double& value : y.values) value = std::exp(value);
  return {y};
}

std::vector<Tensor> softmax_grad(const Call& call) {
  const Tensor& dy = call.in(0);
  const Tensor& y = call.in(1);
  Tensor dx(y.shape);
  for (const auto& line : lines_of(call, y.shape)) {
    for (const std::int64_t i : line) {
      for (const std::int64_t j : line) dx.at(i) += dy.at(j) * y.at(j) * ((i == j ? 1 : 0) - y.at(i));
    }
  }
  return {dx};
}

std::vector<Tensor> log_softmax_grad(const Call& call) {
  const Tensor& dy = call.in(0);
  const Tensor& y = call.in(1);
  Tensor dx(y.shape);
  for (const auto& line : lines_of(call, y.shape)) {
    for (const std::int64_t i : line) {
      for (const std::int64_t j : line) dx.at(i) += dy.at(j) * ((i == j ? 1 : 0) - std::exp(y.at(i)));
    }
  }
  return {dx};
}

}  // namespace

void add_softmax(Functions& functions) {
  functions["Softmax"] = softmax;
  functions["LogSoftmax"] = log_softmax;
  functions["SoftmaxGrad"] = softmax_grad;
  functions["LogSoftmaxGrad"] = log_softmax_grad;
}

}  // namespace thaw::reference
