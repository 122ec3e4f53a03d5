// ONNX Gemm-13 with transB: Y[n,m] = C[m] + sum over k of A[n,k] B[m,k].
// A is read as rows of its first extent, which is what the fused "flatten" asks for.
#include "tests/reference/functions.h"

namespace thaw::reference {
namespace {

std::vector<Tensor> gemm(const Call& call) {
  const Tensor& a = call.in(0);
  const Tensor& b = call.in(1);
  Tensor y({a.extent(0), b.extent(0)});
  for (std::int64_t n = 0; n < a.extent(0); ++n) {
    for (std::int64_t m = 0; m < b.extent(0); ++m) {
      double sum = call.has(2) ? call.in(2).at(m) : 0;
      for (std::int64_t k = 0; k < b.extent(1); ++k) sum += a.at(n, k) * b.at(m, k);
      y.at(n, m) = sum;
    }
  }
  apply_fused_activation(call, y);
  return {y};
}

std::vector<Tensor> gemm_grad_input(const Call& call) {
  const Tensor& dy = call.in(0);
  const Tensor& b = call.in(1);
  Tensor da(call.node.attributes.integers("input_shape"));
  for (std::int64_t n = 0; n < dy.extent(0); ++n) {
    for (std::int64_t m = 0; m < b.extent(0); ++m) {
      for (std::int64_t k = 0; k < b.extent(1); ++k) da.at(n, k) += dy.at(n, m) * b.at(m, k);
    }
  }
  return {da};
}

std::vector<Tensor> gemm_grad_weight(const Call& call) {
  const Tensor& a = call.in(0);
  const Tensor& dy = call.in(1);
  Tensor db({dy.extent(1), a.row_length()}), dc({dy.extent(1)});
  for (std::int64_t n = 0; n < dy.extent(0); ++n) {
    for (std::int64_t m = 0; m < dy.extent(1); ++m) {
      for (std::int64_t k = 0; k < a.row_length(); ++k) db.at(m, k) += dy.at(n, m) * a.at(n, k);
      dc.at(m) += dy.at(n, m);
    }
  }
  if (!call.node.attributes.integer("has_bias")) return {db};
  return {db, dc};
}

}  // namespace

void add_linear(Functions& functions) {
  functions["Gemm"] = gemm;
  functions["GemmGradInput"] = gemm_grad_input;
  functions["GemmGradWeight"] = gemm_grad_weight;
}

}  // namespace thaw::reference
