// ONNX AveragePool-19 (each window is divided by the number of its elements inside the picture; count_include_pad:
// inside the padded picture), MaxPool-12 (padding never wins; Indices counts elements of X in row order),
// GlobalAveragePool-1, GlobalMaxPool-1. Gradients: an average hands each of its elements the same share; a maximum
// hands everything to the first of its largest elements in row order.
#include <limits>

#include "schemas/diagnostic.h"
#include "tests/reference/functions.h"
#include "tests/reference/window.h"

namespace thaw::reference {
namespace {

/// Pooling of each channel of each picture: X and Y are planes of pixels.
struct Pooling {
  WindowAttributes window;
  Shape x_shape, y_shape;
  bool counts_pads;

  Pooling(const Call& call, const Shape& x)
      : window(call.node.attributes, x.size()),
        x_shape(x),
        counts_pads(call.node.attributes.integer("count_include_pad") != 0) {
    if (call.node.op.rfind("Global", 0) == 0) window.kernel = extents_of(x);
    y_shape = window.output_shape(x, x.at(1));
  }
  Axes in() const { return extents_of(x_shape); }
  Axes out() const { return extents_of(y_shape); }

  /// Visits (offset of the plane's first element in X, output pixel, its offset in Y).
  template <typename Visit>
  void for_each_output(Visit visit) const {
    for (std::int64_t plane = 0; plane < x_shape[0] * x_shape[1]; ++plane) {
      for_each_position(out(), [&](const Axes& at) {
        visit(plane * product_of(in()), at, plane * product_of(out()) + row_order(at, out()));
      });
    }
  }

  double divisor(const Axes& at) const {
    double count = 0;
    for_each_tap_or_pad(window, in(), at, out(), [&](const Tap& tap) {
      bool is_counted = true;
      for (std::size_t axis = 0; axis < 3; ++axis) {
        const std::int64_t end = in()[axis] + (counts_pads ? window.ends[axis] : 0);
        const std::int64_t begin = counts_pads ? -window.begins[axis] : 0;
        is_counted = is_counted && tap.position[axis] >= begin && tap.position[axis] < end;
      }
      if (is_counted) count += 1;
    });
    if (count == 0) throw InternalError("reference: a pooling window lies wholly in the padding");
    return count;
  }

  /// The offset in X of the window's largest element, the first of equals.
  std::int64_t largest(const Tensor& x, std::int64_t plane, const Axes& at) const {
    std::int64_t best = -1;
    for_each_tap_of(window, in(), at, out(), [&](const Tap& tap) {
      if (best < 0 || x.at(plane + tap.in) > x.at(best)) best = plane + tap.in;
    });
    return best;
  }
};

std::vector<Tensor> average_pool(const Call& call) {
  const Tensor& x = call.in(0);
  const Pooling pooling(call, x.shape);
  Tensor y(pooling.y_shape);
  pooling.for_each_output([&](std::int64_t plane, const Axes& at, std::int64_t o) {
    for_each_tap_of(pooling.window, pooling.in(), at, pooling.out(),
                    [&](const Tap& tap) { y.at(o) += x.at(plane + tap.in); });
    y.at(o) /= pooling.divisor(at);
  });
  return {y};
}

std::vector<Tensor> average_pool_grad(const Call& call) {
  const Tensor& dy = call.in(0);
  Tensor dx(call.node.attributes.integers("input_shape"));
  const Pooling pooling(call, dx.shape);
  pooling.for_each_output([&](std::int64_t plane, const Axes& at, std::int64_t o) {
    const double share = dy.at(o) / pooling.divisor(at);
    for_each_tap_of(pooling.window, pooling.in(), at, pooling.out(),
                    [&](const Tap& tap) { dx.at(plane + tap.in) += share; });
  });
  return {dx};
}

std::vector<Tensor> average_pool_relu_grad(const Call& call) {
  Tensor dx = average_pool_grad(call).front();
  for (std::int64_t i = 0; i < element_count(dx.shape); ++i) {
    if (call.in(1).at(i) <= 0) dx.at(i) = 0;
  }
  return {dx};
}

std::vector<Tensor> max_pool(const Call& call) {
  const Tensor& x = call.in(0);
  const Pooling pooling(call, x.shape);
  Tensor y(pooling.y_shape), indices(pooling.y_shape);
  pooling.for_each_output([&](std::int64_t plane, const Axes& at, std::int64_t o) {
    const std::int64_t best = pooling.largest(x, plane, at);
    y.at(o) = x.at(best);
    indices.at(o) = static_cast<double>(best);
  });
  if (call.node.attributes.integer("has_indices")) return {y, indices};
  return {y};
}

std::vector<Tensor> max_pool_grad(const Call& call) {
  const Tensor& x = call.in(0);
  const Tensor& dy = call.in(1);
  const Pooling pooling(call, x.shape);
  Tensor dx(x.shape);
  pooling.for_each_output(
      [&](std::int64_t plane, const Axes& at, std::int64_t o) { dx.at(pooling.largest(x, plane, at)) += dy.at(o); });
  return {dx};
}

}  // namespace

void add_pool(Functions& functions) {
  functions["AveragePool"] = average_pool;
  functions["AveragePoolGrad"] = average_pool_grad;
  functions["AveragePoolReluGrad"] = average_pool_relu_grad;
  functions["GlobalAveragePool"] = average_pool;
  functions["GlobalAveragePoolGrad"] = average_pool_grad;
  functions["GlobalMaxPool"] = max_pool;
  functions["GlobalMaxPoolGrad"] = max_pool_grad;
  functions["MaxPool"] = max_pool;
  functions["MaxPoolGrad"] = max_pool_grad;
}

}  // namespace thaw::reference
