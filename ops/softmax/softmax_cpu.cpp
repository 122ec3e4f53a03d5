// CPU kernels of softmax, row-major. Along the last axis a row is one loop with the C library's exponential; along
// another axis the loops run over columns that lie side by side.
#include <algorithm>
#include <cmath>

#include "ops/device/cpu/host_kernel.h"
#include "ops/device/cpu/kernels.h"
#include "ops/device/cpu/simd.h"
#include "ops/elementwise/math.h"
#include "ops/softmax/log_softmax_cpu.h"

namespace thaw::cpu {
namespace {

/// Largest value of each column: keeps exp from overflowing.
THAW_FUNCTION void largest_of_columns(const float* x, std::int64_t length, std::int64_t stride, std::int64_t n,
                                      float* top) {
  std::copy_n(x, n, top);
  for (std::int64_t c = 1; c < length; ++c) {
    const float* row = x + c * stride;
    for (std::int64_t i = 0; i < n; ++i) top[i] = row[i] > top[i] ? row[i] : top[i];
  }
}

void softmax_row(const float* x, float* y, std::int64_t classes) {
  const float top = *std::max_element(x, x + classes);  // keeps exp from overflowing
  float sum = 0;
  for (std::int64_t c = 0; c < classes; ++c) sum += y[c] = std::exp(x[c] - top);
  for (std::int64_t c = 0; c < classes; ++c) y[c] /= sum;
}

THAW_SIMD_CLONES void softmax_columns(const float* x, float* y, std::int64_t length, std::int64_t stride,
                                      std::int64_t n) {
  float top[kSoftmaxColumns], sum[kSoftmaxColumns] = {};
  largest_of_columns(x, length, stride, n, top);
  for (std::int64_t c = 0; c < length; ++c) {
    const float* from = x + c * stride;
    float* to = y + c * stride;
    for (std::int64_t i = 0; i < n; ++i) {
      const float value = functions::exp(from[i] - top[i]);
      to[i] = value;
      sum[i] += value;
    }
  }
  for (std::int64_t c = 0; c < length; ++c) {
    float* to = y + c * stride;
    for (std::int64_t i = 0; i < n; ++i) to[i] /= sum[i];
  }
}

void log_softmax_row(const float* x, float* y, std::int64_t classes) {
  const float top = *std::max_element(x, x + classes);
  float sum = 0;
  for (std::int64_t c = 0; c < classes; ++c) sum += std::exp(x[c] - top);
  const float log_sum = std::log(sum);
  for (std::int64_t c = 0; c < classes; ++c) y[c] = (x[c] - top) - log_sum;
}

void softmax_grad_row(const float* dy, const float* y, float* dx, std::int64_t classes) {
  float dot = 0;
  for (std::int64_t c = 0; c < classes; ++c) dot += dy[c] * y[c];
  for (std::int64_t c = 0; c < classes; ++c) dx[c] = y[c] * (dy[c] - dot);
}

THAW_SIMD_CLONES void softmax_grad_columns(const float* dy, const float* y, float* dx, std::int64_t length,
                                           std::int64_t stride, std::int64_t n) {
  float dot[kSoftmaxColumns] = {};
  for (std::int64_t at = 0; at < length * stride; at += stride) {
    for (std::int64_t i = 0; i < n; ++i) dot[i] += dy[at + i] * y[at + i];
  }
  for (std::int64_t at = 0; at < length * stride; at += stride) {
    for (std::int64_t i = 0; i < n; ++i) dx[at + i] = y[at + i] * (dy[at + i] - dot[i]);
  }
}

THAW_SIMD_CLONES void log_softmax_grad_row(const float* dy, const float* y, float* dx, std::int64_t classes) {
  float sum = 0;
  for (std::int64_t c = 0; c < classes; ++c) sum += dy[c];
  for (std::int64_t c = 0; c < classes; ++c) dx[c] = dy[c] - functions::exp(y[c]) * sum;
}

THAW_SIMD_CLONES void log_softmax_grad_columns(const float* dy, const float* y, float* dx, std::int64_t length,
                                               std::int64_t stride, std::int64_t n) {
  float sum[kSoftmaxColumns] = {};
  for (std::int64_t at = 0; at < length * stride; at += stride) {
    for (std::int64_t i = 0; i < n; ++i) sum[i] += dy[at + i];
  }
  for (std::int64_t at = 0; at < length * stride; at += stride) {
    for (std::int64_t i = 0; i < n; ++i) dx[at + i] = dy[at + i] - functions::exp(y[at + i]) * sum[i];
  }
}

AxisView view_of(const BindContext& context) {
  return AxisView::of(context.input_type(0).shape, context.node().attributes.integer("axis", -1));
}

using Row = void (*)(const float* x, float* y, std::int64_t length);
using Columns = void (*)(const float* x, float* y, std::int64_t length, std::int64_t stride, std::int64_t n);

KernelFactory softmax(Row row, Columns columns) {
  return [=](BindContext& context) {
    const AxisView view = view_of(context);
    return make_host_kernel(context, [=](const Buffers& b) {
      for_each_stretch(view, [&](std::int64_t outer, std::int64_t first, std::int64_t n) {
        const std::int64_t at = outer * view.length * view.inner + first;
        const float* x = floats(b.inputs[0]) + at;
        float* y = mutable_floats(b.outputs[0]) + at;
        view.inner == 1 ? row(x, y, view.length) : columns(x, y, view.length, view.inner, n);
      });
    });
  };
}

using GradRow = void (*)(const float* dy, const float* y, float* dx, std::int64_t length);
using GradColumns = void (*)(const float* dy, const float* y, float* dx, std::int64_t length, std::int64_t stride,
                             std::int64_t n);

KernelFactory softmax_grad(GradRow row, GradColumns columns) {
  return [=](BindContext& context) {
    const AxisView view = view_of(context);
    return make_host_kernel(context, [=](const Buffers& b) {
      for_each_stretch(view, [&](std::int64_t outer, std::int64_t first, std::int64_t n) {
        const std::int64_t at = outer * view.length * view.inner + first;
        const float* dy = floats(b.inputs[0]) + at;
        const float* y = floats(b.inputs[1]) + at;
        float* dx = mutable_floats(b.outputs[0]) + at;
        view.inner == 1 ? row(dy, y, dx, view.length) : columns(dy, y, dx, view.length, view.inner, n);
      });
    });
  };
}

}  // namespace

THAW_SIMD_CLONES void log_softmax_columns(const float* x, float* y, std::int64_t length, std::int64_t stride,
                                          std::int64_t n) {
  float top[kSoftmaxColumns], sum[kSoftmaxColumns] = {};
  largest_of_columns(x, length, stride, n, top);
  for (std::int64_t c = 0; c < length; ++c) {
    const float* row = x + c * stride;
    for (std::int64_t i = 0; i < n; ++i) sum[i] += functions::exp(row[i] - top[i]);
  }
  for (std::int64_t i = 0; i < n; ++i) sum[i] = functions::log(sum[i]);
  for (std::int64_t c = 0; c < length; ++c) {
    // First the largest: it may be so large that the logarithm beside it would be rounded away.
    for (std::int64_t i = 0; i < n; ++i) y[c * stride + i] = (x[c * stride + i] - top[i]) - sum[i];
  }
}

void add_softmax_kernels(KernelTable& table) {
  table["Softmax"] = softmax(softmax_row, softmax_columns);
  table["LogSoftmax"] = softmax(log_softmax_row, log_softmax_columns);
  table["SoftmaxGrad"] = softmax_grad(softmax_grad_row, softmax_grad_columns);
  table["LogSoftmaxGrad"] = softmax_grad(log_softmax_grad_row, log_softmax_grad_columns);
}

}  // namespace thaw::cpu
