// ONNX Conv-11, 2-D, one group: Y[n,m,p,q] = B[m] + sum over c, i, j of X[n,c,p s - pad + i d, q s - pad + j d]
// W[m,c,i,j]; outside the picture X is 0. The gradients are the same sum, read for another factor.
#include "tests/reference/functions.h"
#include "tests/reference/window.h"

namespace thaw::reference {
namespace {

/// Visits (n, filter, channel) of a convolution.
template <typename Visit>
void for_each_plane(std::int64_t batch, std::int64_t filters, std::int64_t channels, Visit visit) {
  for (std::int64_t n = 0; n < batch; ++n) {
    for (std::int64_t m = 0; m < filters; ++m) {
      for (std::int64_t c = 0; c < channels; ++c) visit(n, m, c);
    }
  }
}

std::vector<Tensor> conv(const Call& call) {
  const Tensor& x = call.in(0);
  const Tensor& w = call.in(1);
  const WindowAttributes window(call.node.attributes);
  Tensor y({x.extent(0), w.extent(0), window.output_extent(0, x.extent(2)), window.output_extent(1, x.extent(3))});
  for_each_plane(x.extent(0), w.extent(0), w.extent(1), [&](auto n, auto m, auto c) {
    for_each_tap(window, x.shape, y.shape, [&](const Tap& tap) {
      y.at(n, m, tap.out_y, tap.out_x) += x.at(n, c, tap.in_y, tap.in_x) * w.at(m, c, tap.kernel_y, tap.kernel_x);
    });
  });
  if (call.has(2)) {
    const std::int64_t pixels = y.extent(2) * y.extent(3);
    for (std::int64_t i = 0; i < element_count(y.shape); ++i) y.at(i) += call.in(2).at(i / pixels % y.extent(1));
  }
  apply_fused_activation(call, y);
  return {y};
}

std::vector<Tensor> conv_grad_input(const Call& call) {
  const Tensor& dy = call.in(0);
  const Tensor& w = call.in(1);
  const WindowAttributes window(call.node.attributes);
  Tensor dx(call.node.attributes.integers("input_shape"));
  for_each_plane(dy.extent(0), w.extent(0), w.extent(1), [&](auto n, auto m, auto c) {
    for_each_tap(window, dx.shape, dy.shape, [&](const Tap& tap) {
      dx.at(n, c, tap.in_y, tap.in_x) += dy.at(n, m, tap.out_y, tap.out_x) * w.at(m, c, tap.kernel_y, tap.kernel_x);
    });
  });
  return {dx};
}

std::vector<Tensor> conv_grad_weight(const Call& call) {
  const Tensor& x = call.in(0);
  const Tensor& dy = call.in(1);
  const WindowAttributes window(call.node.attributes);
  Tensor dw({dy.extent(1), x.extent(1), window.kernel.at(0), window.kernel.at(1)});
  for_each_plane(x.extent(0), dy.extent(1), x.extent(1), [&](auto n, auto m, auto c) {
    for_each_tap(window, x.shape, dy.shape, [&](const Tap& tap) {
      dw.at(m, c, tap.kernel_y, tap.kernel_x) += dy.at(n, m, tap.out_y, tap.out_x) * x.at(n, c, tap.in_y, tap.in_x);
    });
  });
  if (!call.node.attributes.integer("has_bias")) return {dw};
  Tensor db({dy.extent(1)});
  const std::int64_t pixels = dy.extent(2) * dy.extent(3);
  for (std::int64_t i = 0; i < element_count(dy.shape); ++i) db.at(i / pixels % dy.extent(1)) += dy.at(i);
  return {dw, db};
}

}  // namespace

void add_conv(Functions& functions) {
  functions["Conv"] = conv;
  functions["ConvGradInput"] = conv_grad_input;
  functions["ConvGradWeight"] = conv_grad_weight;
}

}  // namespace thaw::reference
