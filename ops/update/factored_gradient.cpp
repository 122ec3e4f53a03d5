#include "ops/update/factored_gradient.h"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/device/cpu/lanes.h"
#include "ops/device/cpu/simd.h"

namespace thaw::cpu {
namespace {

/// Rows of G that are computed at once.
constexpr std::int64_t kGroup = 6;
/// Columns that are done with for all rows before the next ones: their panels stay in the second cache.
constexpr std::int64_t kBlock = 1024;
/// Rows of a factor whose products with so many others are computed at once.
constexpr std::int64_t kTile = 4;

using Doubles = double __attribute__((vector_size(64)));

/// Products of kTile rows with kTile rows, in double: one of two f32 is exact.
THAW_SIMD_CLONES void multiply_rows(const float* const* left, const float* const* right, std::int64_t length,
                                    double (*products)[kTile]) {
  Doubles sums[kTile][kTile] = {};
  std::int64_t k = 0;
  for (; k + 8 <= length; k += 8) {
    Doubles x[kTile], y[kTile];
    for (std::int64_t i = 0; i < kTile; ++i) {
      x[i] = __builtin_convertvector(lanes<Lanes8>(left[i] + k), Doubles);
      y[i] = __builtin_convertvector(lanes<Lanes8>(right[i] + k), Doubles);
    }
    for (std::int64_t i = 0; i < kTile; ++i) {
      for (std::int64_t j = 0; j < kTile; ++j) sums[i][j] += x[i] * y[j];
    }
  }
  for (std::int64_t i = 0; i < kTile; ++i) {
    for (std::int64_t j = 0; j < kTile; ++j) {
      double sum = 0;
      for (int lane = 0; lane < 8; ++lane) sum += sums[i][j][lane];
      for (std::int64_t at = k; at < length; ++at) sum += static_cast<double>(left[i][at]) * right[j][at];
      products[i][j] = sum;
    }
  }
}

/// Products of rows `first_i`... of a factor [depth, length] with its rows `first_j`... What lies behind the last row
/// is that row again.
void multiply_tile(const float* factor, const FactorExtents& extents, std::int64_t length, std::int64_t first_i,
                   std::int64_t first_j, double (*products)[kTile]) {
  const float *left[kTile], *right[kTile];
  for (std::int64_t i = 0; i < kTile; ++i) {
    left[i] = factor + std::min(first_i + i, extents.depth - 1) * length;
    right[i] = factor + std::min(first_j + i, extents.depth - 1) * length;
  }
  multiply_rows(left, right, length, products);
}

/// What is read soon: the same columns of the next rows of all tensors that the update reads.
struct Ahead {
  const float* tensors[3];
  int count;
  std::int64_t columns;  ///< from one row to the next
};

/// A panel's columns of kGroup rows of G: g = x' panel, for x [depth, kGroup] and the panel [depth, kVectors * 16].
/// While it multiplies memory has nothing to do, so it fetches what is read next: measured, a tenth of the time.
template <int kVectors>
THAW_INLINE inline void multiply_panel(const float* x, const float* panel, std::int64_t depth, const Ahead& ahead,
                                       float* g) {
  Lanes16::Float sums[kGroup][kVectors] = {};
  for (std::int64_t n = 0; n < depth; ++n) {
    if (n < kGroup * kVectors) {
      const std::int64_t at = n / kVectors * ahead.columns + n % kVectors * 16;
      for (int t = 0; t < ahead.count; ++t) __builtin_prefetch(ahead.tensors[t] + at, 1, 2);
    }
    Lanes16::Float columns[kVectors];
    for (int k = 0; k < kVectors; ++k) load<Lanes16>(panel + (n * kVectors + k) * 16, columns[k]);
    for (std::int64_t row = 0; row < kGroup; ++row) {
      const float factor = x[n * kGroup + row];
      for (int k = 0; k < kVectors; ++k) sums[row][k] += factor * columns[k];
    }
  }
  for (std::int64_t row = 0; row < kGroup; ++row) {
    for (int k = 0; k < kVectors; ++k) store<Lanes16>(sums[row][k], g + row * kBlock + k * 16);
  }
}

using MultiplyPanel = void (*)(const float* x, const float* panel, std::int64_t depth, const Ahead& ahead, float* g);

// 24 sums of 16 lanes fit the registers of AVX-512, 6 those of AVX2.
constexpr int kWide = 4, kNarrow = 1;
THAW_SIMD_CLONES void multiply_wide_panel(const float* x, const float* panel, std::int64_t depth, const Ahead& ahead,
                                          float* g) {
  multiply_panel<kWide>(x, panel, depth, ahead, g);
}
THAW_SIMD_CLONES void multiply_narrow_panel(const float* x, const float* panel, std::int64_t depth, const Ahead& ahead,
                                            float* g) {
  multiply_panel<kNarrow>(x, panel, depth, ahead, g);
}

bool has_wide_registers() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") != 0;
#else
  return true;
#endif
}

}  // namespace

FactoredGradient::FactoredGradient(const FactorExtents& extents, int threads)
    : extents_(extents), threads_(threads), panel_columns_(16 * (has_wide_registers() ? kWide : kNarrow)) {
  const std::int64_t tiles = (extents.depth + kTile - 1) / kTile;
  partial_squares_.resize(static_cast<std::size_t>(tiles * (tiles + 1) / 2));
}

std::int64_t FactoredGradient::padded_columns() const {
  return (extents_.columns + panel_columns_ - 1) / panel_columns_ * panel_columns_;
}

std::int64_t FactoredGradient::floats_of_a_thread() const {
  constexpr std::int64_t kLine = 16;
  return kGroup * kBlock + (extents_.depth * kGroup + kLine - 1) / kLine * kLine;
}

std::size_t FactoredGradient::scratch_bytes() const {
  return static_cast<std::size_t>(extents_.depth * padded_columns() + threads_ * floats_of_a_thread()) * sizeof(float);
}

void FactoredGradient::attach(const float* a, const float* b, void* scratch) {
  a_ = a;
  b_ = b;
  panels_ = static_cast<float*>(scratch);
  of_threads_ = panels_ + extents_.depth * padded_columns();
}

double FactoredGradient::sum_of_squares() {
  std::vector<double>& partial = partial_squares_;
  const auto count = static_cast<std::int64_t>(partial.size());
  double largest = 0;  // no sum on the way to a number of G is beyond it
#pragma omp parallel for schedule(static) reduction(+ : largest)
  for (std::int64_t pair = 0; pair < count; ++pair) {
    std::int64_t row = 0, rest = pair;
    while (rest > row) rest -= ++row;
    double of_a[kTile][kTile], of_b[kTile][kTile];
    multiply_tile(a_, extents_, extents_.rows, row * kTile, rest * kTile, of_a);
    multiply_tile(b_, extents_, extents_.columns, row * kTile, rest * kTile, of_b);
    double sum = 0;
    for (std::int64_t i = 0; i < kTile && row * kTile + i < extents_.depth; ++i) {
      for (std::int64_t j = 0; j < kTile && rest * kTile + j < extents_.depth; ++j) sum += of_a[i][j] * of_b[i][j];
      if (row == rest) largest += std::sqrt(of_a[i][i]) * std::sqrt(of_b[i][i]);
    }
    partial[static_cast<std::size_t>(pair)] = row == rest ? sum : 2 * sum;
  }
  if (!(largest <= std::numeric_limits<float>::max())) return std::numeric_limits<double>::infinity();
  double total = 0;
  for (const double square : partial) total += square;
  return total < 0 ? 0 : total;  // what rounding leaves of a sum that is 0
}

void FactoredGradient::pack_columns() const {
  const std::int64_t panels = padded_columns() / panel_columns_, width = panel_columns_;
#pragma omp parallel for schedule(static) num_threads(threads_)
  for (std::int64_t panel = 0; panel < panels; ++panel) {
    const std::int64_t first = panel * width, real = std::min(width, extents_.columns - first);
    for (std::int64_t n = 0; n < extents_.depth; ++n) {
      float* to = panels_ + (panel * extents_.depth + n) * width;
      std::copy_n(b_ + n * extents_.columns + first, real, to);
      std::fill(to + real, to + width, 0.0F);
    }
  }
}

void FactoredGradient::update_rows(const Chunk& whole, const Rule& rule, Loop loop, int thread) const {
  const auto [depth, rows, columns] = extents_;
  const MultiplyPanel multiply = panel_columns_ == 16 * kWide ? multiply_wide_panel : multiply_narrow_panel;
  float* g = of_threads_ + thread * floats_of_a_thread();
  float* x = g + kGroup * kBlock;
  const std::int64_t groups = (rows + kGroup - 1) / kGroup;
  const std::int64_t begin = groups * thread / threads_ * kGroup, end = groups * (thread + 1) / threads_ * kGroup;
  for (std::int64_t first = 0; first < columns; first += kBlock) {
    const std::int64_t width = std::min(kBlock, columns - first);
    for (std::int64_t row = begin; row < std::min(end, rows); row += kGroup) {
      const std::int64_t real = std::min(kGroup, rows - row);
      for (std::int64_t n = 0; n < depth; ++n) {
        for (std::int64_t i = 0; i < kGroup; ++i) x[n * kGroup + i] = i < real ? a_[n * rows + row + i] : 0.0F;
      }
      const bool is_last = row + 2 * kGroup > rows;
      for (std::int64_t c = 0; c < width; c += panel_columns_) {
        Ahead ahead{{}, 0, columns};
        const std::int64_t next = (row + kGroup) * columns + first + c;
        for (const float* tensor : {const_cast<const float*>(whole.w), const_cast<const float*>(whole.slots[0]),
                                    const_cast<const float*>(whole.slots[1])}) {
          if (tensor != nullptr && !is_last) ahead.tensors[ahead.count++] = tensor + next;
        }
        multiply(x, panels_ + (first + c) * depth, depth, ahead, g + c);
      }
      for (std::int64_t i = 0; i < real; ++i) {
        const std::int64_t at = (row + i) * columns + first;
        Chunk stretch{whole.w + at, g + i * kBlock, {}, width, whole.parameter};
        for (int s = 0; s < 2; ++s) stretch.slots[s] = whole.slots[s] == nullptr ? nullptr : whole.slots[s] + at;
        loop(stretch, rule);
      }
    }
  }
}

void FactoredGradient::update(const Chunk& whole, const Rule& rule, Loop loop) const {
  pack_columns();
#pragma omp parallel for schedule(static, 1) num_threads(threads_)
  for (int thread = 0; thread < threads_; ++thread) update_rows(whole, rule, loop, thread);
}

}  // namespace thaw::cpu
