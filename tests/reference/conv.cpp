// ONNX Conv-11: Y[n,m,p] = B[m] + sum over the channels c of m's group and k of X[n,c,p s - pad + k d] W[m,c',k];
// outside the picture X is 0, and c' counts within the group. The gradients are the same sum, read for another factor.
// ONNX ConvTranspose-11: each X[n,c,i] W[c,m',k] is added to Y[n,m,i s - pad + k d]; what falls outside of Y is lost.
#include "tests/reference/functions.h"
#include "tests/reference/window.h"

namespace thaw::reference {
namespace {

/// The window of a convolution that reads the kernel `w`, whose extents are kernel_shape where that is left out.
WindowAttributes window_of(const Call& call, const Tensor& w) {
  WindowAttributes window(call.node.attributes, w.shape.size());
  if (!call.node.attributes.has("kernel_shape")) window.kernel = extents_of(w.shape);
  return window;
}

/// Visits every product of a convolution as (offset in X, offset in W, offset in Y).
template <typename Visit>
void for_each_product(const Call& call, const WindowAttributes& window, const Shape& x, const Shape& y, Visit visit) {
  const std::int64_t group = call.node.attributes.integer("group", 1);
  const Axes in = extents_of(x), out = extents_of(y);
  const std::int64_t channels = x[1] / group, filters = y[1] / group;  // of one group
  for (std::int64_t n = 0; n < x[0]; ++n) {
    for (std::int64_t m = 0; m < y[1]; ++m) {
      for (std::int64_t c = 0; c < channels; ++c) {
        const std::int64_t x_plane = n * x[1] + m / filters * channels + c;
        for_each_tap(window, in, out, [&](const Tap& tap) {
          visit(x_plane * product_of(in) + tap.in, (m * channels + c) * product_of(window.kernel) + tap.kernel,
                (n * y[1] + m) * product_of(out) + tap.out);
        });
      }
    }
  }
}

void add_bias(const Call& call, Tensor& y) {
  if (!call.has(2)) return;
  const std::int64_t pixels = product_of(extents_of(y.shape));
  for (std::int64_t i = 0; i < element_count(y.shape); ++i) y.at(i) += call.in(2).at(i / pixels % y.extent(1));
}

Tensor channel_sums(const Tensor& dy) {
  Tensor sums({dy.extent(1)});
  const std::int64_t pixels = product_of(extents_of(dy.shape));
  for (std::int64_t i = 0; i < element_count(dy.shape); ++i) sums.at(i / pixels % dy.extent(1)) += dy.at(i);
  return sums;
}

std::vector<Tensor> conv(const Call& call) {
  const Tensor& x = call.in(0);
  const Tensor& w = call.in(1);
  const WindowAttributes window = window_of(call, w);
  Tensor y(window.output_shape(x.shape, w.extent(0)));
  for_each_product(call, window, x.shape, y.shape, [&](auto i, auto k, auto o) { y.at(o) += x.at(i) * w.at(k); });
  add_bias(call, y);
  for (std::int64_t i = 0; call.has(3) && i < element_count(y.shape); ++i) y.at(i) += call.in(3).at(i);
  apply_fused_activation(call, y);
  return {y};
}

std::vector<Tensor> conv_grad_input(const Call& call) {
  const Tensor& dy = call.in(0);
  const Tensor& w = call.in(1);
  Tensor dx(call.node.attributes.integers("input_shape"));
  for_each_product(call, window_of(call, w), dx.shape, dy.shape,
                   [&](auto i, auto k, auto o) { dx.at(i) += dy.at(o) * w.at(k); });
  return {dx};
}

std::vector<Tensor> conv_grad_weight(const Call& call) {
  const Tensor& x = call.in(0);
  const Tensor& dy = call.in(1);
  Shape shape{dy.extent(1), x.extent(1) / call.node.attributes.integer("group", 1)};
  for (const std::int64_t extent : call.node.attributes.integers("kernel_shape")) shape.push_back(extent);
  Tensor dw(shape);
  const WindowAttributes window(call.node.attributes, x.shape.size());
  for_each_product(call, window, x.shape, dy.shape, [&](auto i, auto k, auto o) { dw.at(k) += dy.at(o) * x.at(i); });
  if (!call.node.attributes.integer("has_bias")) return {dw};
  return {dw, channel_sums(dy)};
}

std::vector<Tensor> conv_transpose(const Call& call) {
  const Tensor& x = call.in(0);
  const Tensor& w = call.in(1);
  const WindowAttributes window = window_of(call, w);
  const std::int64_t group = call.node.attributes.integer("group", 1);
  const std::int64_t filters = w.extent(1), channels = x.extent(1) / group;  // of one group
  const Axes in = extents_of(x.shape), added = axes_of(call.node.attributes.integers("output_padding"), 0);
  Shape shape{x.extent(0), filters * group};
  for (std::size_t axis = 5 - x.shape.size(); axis < 3; ++axis) {
    shape.push_back(window.strides[axis] * (in[axis] - 1) + added[axis] +
                    ((window.kernel[axis] - 1) * window.dilations[axis] + 1) - window.begins[axis] - window.ends[axis]);
  }
  Tensor y(shape);
  const Axes out = extents_of(shape);
  for (std::int64_t n = 0; n < x.extent(0); ++n) {
    for (std::int64_t c = 0; c < x.extent(1); ++c) {
      for (std::int64_t m = 0; m < filters; ++m) {
        const std::int64_t plane = n * y.extent(1) + c / channels * filters + m;
        for_each_position(in, [&](const Axes& i) {
          for_each_position(window.kernel, [&](const Axes& k) {
            Axes at;
            for (std::size_t axis = 0; axis < 3; ++axis) {
              at[axis] = i[axis] * window.strides[axis] - window.begins[axis] + k[axis] * window.dilations[axis];
              if (at[axis] < 0 || at[axis] >= out[axis]) return;
            }
            y.at(plane * product_of(out) + row_order(at, out)) +=
                x.at((n * x.extent(1) + c) * product_of(in) + row_order(i, in)) *
                w.at((c * filters + m) * product_of(window.kernel) + row_order(k, window.kernel));
          });
        });
      }
    }
  }
  add_bias(call, y);
  apply_fused_activation(call, y);
  return {y};
}

std::vector<Tensor> conv_transpose_grad_bias(const Call& call) { return {channel_sums(call.in(0))}; }

}  // namespace

void add_conv(Functions& functions) {
  functions["Conv"] = conv;
  functions["ConvGradInput"] = conv_grad_input;
  functions["ConvGradWeight"] = conv_grad_weight;
  functions["ConvTranspose"] = conv_transpose;
  functions["ConvTransposeGradBias"] = conv_transpose_grad_bias;
}

}  // namespace thaw::reference
