// ONNX Softmax-13 along axis 1 of a matrix: exp(x) / sum of exp(x). Its gradient by the Jacobian, spelled out:
// dX[i] = sum over j of dY[j] Y[j] ([i = j] - Y[i]).
#include <algorithm>
#include <cmath>

#include "tests/reference/functions.h"

namespace thaw::reference {
namespace {

std::vector<Tensor> softmax(const Call& call) {
  Tensor y = call.in(0);
  const std::int64_t classes = y.extent(1);
  for (std::int64_t n = 0; n < y.extent(0); ++n) {
    double largest = y.at(n, 0), sum = 0;
    for (std::int64_t c = 0; c < classes; ++c) largest = std::max(largest, y.at(n, c));
    for (std::int64_t c = 0; c < classes; ++c) sum += y.at(n, c) = std::exp(y.at(n, c) - largest);
    for (std::int64_t c = 0; c < classes; ++c) y.at(n, c) /= sum;
  }
  return {y};
}

std::vector<Tensor> softmax_grad(const Call& call) {
  const Tensor& dy = call.in(0);
  const Tensor& y = call.in(1);
  Tensor dx(y.shape);
  for (std::int64_t n = 0; n < y.extent(0); ++n) {
    for (std::int64_t i = 0; i < y.extent(1); ++i) {
      for (std::int64_t j = 0; j < y.extent(1); ++j) {
        dx.at(n, i) += dy.at(n, j) * y.at(n, j) * ((i == j ? 1 : 0) - y.at(n, i));
      }
    }
  }
  return {dx};
}

}  // namespace

void add_softmax(Functions& functions) {
  functions["Softmax"] = softmax;
  functions["SoftmaxGrad"] = softmax_grad;
}

}  // namespace thaw::reference
