// CPU kernels of softmax: a row a sample, so a plain loop.
#include <algorithm>
#include <cmath>

#include "ops/device/cpu/host_kernel.h"
#include "ops/device/cpu/kernels.h"

namespace thaw::cpu {
namespace {

void softmax_row(const float* x, float* y, std::int64_t classes) {
  const float top = *std::max_element(x, x + classes);  // keeps exp from overflowing
  float sum = 0;
  for (std::int64_t c = 0; c < classes; ++c) sum += y[c] = std::exp(x[c] - top);
  for (std::int64_t c = 0; c < classes; ++c) y[c] /= sum;
}

void softmax_grad_row(const float* dy, const float* y, float* dx, std::int64_t classes) {
  float dot = 0;
  for (std::int64_t c = 0; c < classes; ++c) dot += dy[c] * y[c];
  for (std::int64_t c = 0; c < classes; ++c) dx[c] = y[c] * (dy[c] - dot);
}

std::unique_ptr<Kernel> make_softmax(BindContext& context) {
  const std::int64_t rows = context.input_type(0).shape[0], classes = context.input_type(0).shape[1];
  return make_host_kernel(context, [=](const Buffers& b) {
    for (std::int64_t n = 0; n < rows; ++n) {
      softmax_row(floats(b.inputs[0]) + n * classes, mutable_floats(b.outputs[0]) + n * classes, classes);
    }
  });
}

std::unique_ptr<Kernel> make_softmax_grad(BindContext& context) {
  const std::int64_t rows = context.input_type(0).shape[0], classes = context.input_type(0).shape[1];
  return make_host_kernel(context, [=](const Buffers& b) {
    for (std::int64_t n = 0; n < rows; ++n) {
      const std::int64_t at = n * classes;
      softmax_grad_row(floats(b.inputs[0]) + at, floats(b.inputs[1]) + at, mutable_floats(b.outputs[0]) + at, classes);
    }
  });
}

}  // namespace

void add_softmax_kernels(KernelTable& table) {
  table["Softmax"] = make_softmax;
  table["SoftmaxGrad"] = make_softmax_grad;
}

}  // namespace thaw::cpu
