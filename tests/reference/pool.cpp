// ONNX AveragePool-11 with count_include_pad 0 (each window is divided by the number of its elements inside the
// picture) and MaxPool-12 (padding never wins). Gradients: an average hands each of its elements the same share; a
// maximum hands everything to the first of its largest elements in row order.
#include <limits>

#include "schemas/diagnostic.h"
#include "tests/reference/functions.h"
#include "tests/reference/window.h"

namespace thaw::reference {
namespace {

Tensor empty_output(const WindowAttributes& window, const Shape& x) {
  return Tensor({x[0], x[1], window.output_extent(0, x[2]), window.output_extent(1, x[3])});
}

/// Visits every (n, c, y, x) of a tensor of pictures.
template <typename Visit>
void for_each_pixel(const Shape& shape, Visit visit) {
  for (std::int64_t n = 0; n < shape[0]; ++n) {
    for (std::int64_t c = 0; c < shape[1]; ++c) {
      for (std::int64_t y = 0; y < shape[2]; ++y) {
        for (std::int64_t x = 0; x < shape[3]; ++x) visit(n, c, y, x);
      }
    }
  }
}

double inside_count(const WindowAttributes& window, const Shape& input, std::int64_t y, std::int64_t x) {
  double count = 0;
  for_each_tap_of(window, input, y, x, [&](const Tap&) { count += 1; });
  if (count == 0) throw InternalError("reference: a pooling window lies wholly in the padding");
  return count;
}

std::vector<Tensor> average_pool(const Call& call) {
  const Tensor& in = call.in(0);
  const WindowAttributes window(call.node.attributes);
  Tensor out = empty_output(window, in.shape);
  for_each_pixel(out.shape, [&](auto n, auto c, auto y, auto x) {
    double sum = 0;
    for_each_tap_of(window, in.shape, y, x, [&](const Tap& tap) { sum += in.at(n, c, tap.in_y, tap.in_x); });
    out.at(n, c, y, x) = sum / inside_count(window, in.shape, y, x);
  });
  return {out};
}

std::vector<Tensor> average_pool_grad(const Call& call) {
  const Tensor& dy = call.in(0);
  const WindowAttributes window(call.node.attributes);
  Tensor dx(call.node.attributes.integers("input_shape"));
  for_each_pixel(dy.shape, [&](auto n, auto c, auto y, auto x) {
    const double share = dy.at(n, c, y, x) / inside_count(window, dx.shape, y, x);
    for_each_tap_of(window, dx.shape, y, x, [&](const Tap& tap) { dx.at(n, c, tap.in_y, tap.in_x) += share; });
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

/// The tap of the largest element, the first of equals.
Tap largest_tap(const WindowAttributes& window, const Tensor& in, std::int64_t n, std::int64_t c, std::int64_t y,
                std::int64_t x) {
  Tap best{};
  double largest = -std::numeric_limits<double>::infinity();
  for_each_tap_of(window, in.shape, y, x, [&](const Tap& tap) {
    if (in.at(n, c, tap.in_y, tap.in_x) <= largest) return;
    largest = in.at(n, c, tap.in_y, tap.in_x);
    best = tap;
  });
  return best;
}

std::vector<Tensor> max_pool(const Call& call) {
  const Tensor& in = call.in(0);
  const WindowAttributes window(call.node.attributes);
  Tensor out = empty_output(window, in.shape);
  for_each_pixel(out.shape, [&](auto n, auto c, auto y, auto x) {
    const Tap tap = largest_tap(window, in, n, c, y, x);
    out.at(n, c, y, x) = in.at(n, c, tap.in_y, tap.in_x);
  });
  return {out};
}

std::vector<Tensor> max_pool_grad(const Call& call) {
  const Tensor& in = call.in(0);
  const Tensor& dy = call.in(1);
  const WindowAttributes window(call.node.attributes);
  Tensor dx(in.shape);
  for_each_pixel(dy.shape, [&](auto n, auto c, auto y, auto x) {
    const Tap tap = largest_tap(window, in, n, c, y, x);
    dx.at(n, c, tap.in_y, tap.in_x) += dy.at(n, c, y, x);
  });
  return {dx};
}

}  // namespace

void add_pool(Functions& functions) {
  functions["AveragePool"] = average_pool;
  functions["AveragePoolGrad"] = average_pool_grad;
  functions["AveragePoolReluGrad"] = average_pool_relu_grad;
  functions["MaxPool"] = max_pool;
  functions["MaxPoolGrad"] = max_pool_grad;
}

}  // namespace thaw::reference
