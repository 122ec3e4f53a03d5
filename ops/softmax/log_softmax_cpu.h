#pragma once

#include <cstdint>

#include "ops/softmax/axis_view.h"

namespace thaw::cpu {

/// Columns that are worked on together: their rows are read in stretches of 1 KiB.
inline constexpr std::int64_t kSoftmaxColumns = 256;

/// y = x - ln(sum of exp(x)) over `n` <= kSoftmaxColumns columns side by side, whose values lie `stride` apart.
void log_softmax_columns(const float* x, float* y, std::int64_t length, std::int64_t stride, std::int64_t n);

/// Runs body(outer, first column, columns) for all stretches of columns of a tensor, in all threads.
template <typename Body>
void for_each_stretch(const AxisView& view, const Body& body) {
  const std::int64_t stretches = (view.inner + kSoftmaxColumns - 1) / kSoftmaxColumns;
  const std::int64_t numbers = view.outer * view.length * view.inner;
#pragma omp parallel for schedule(static) if (numbers > 16384)
  for (std::int64_t item = 0; item < view.outer * stretches; ++item) {
    const std::int64_t first = item % stretches * kSoftmaxColumns;
    const std::int64_t rest = view.inner - first;
    body(item / stretches, first, rest < kSoftmaxColumns ? rest : kSoftmaxColumns);
  }
}

}  // namespace thaw::cpu
