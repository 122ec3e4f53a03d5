// CPU kernels that reduce axes to sums and the like. One loop for every layout and every choice of axes: the innermost
// axis of the memory is either reduced (a row becomes a number) or kept (rows are added up, element by element, which
// is how a blocked picture's channels are summed). Short stretches are added in f32, and these sums in f64. The work is
// cut in the same pieces whatever the number of threads, so that the results are the same bits.
#include <algorithm>
#include <cmath>

#include "ops/device/cpu/host_kernel.h"
#include "ops/device/cpu/kernels.h"
#include "ops/device/cpu/simd.h"
#include "ops/elementwise/math.h"
#include "ops/reduce/groups_cpu.h"
#include "ops/reduce/reduce_walk.h"

namespace thaw::cpu {
namespace {

// What is done with each number. `shift` is the largest number of the group, for log-sum-exp.

struct Sum {
  static constexpr float kStart = 0;
  THAW_FUNCTION static float step(float sum, float x, float) { return sum + x; }
  THAW_FUNCTION static double join(double a, double b) { return a + b; }
};
struct SumOfMagnitudes : Sum {
  THAW_FUNCTION static float step(float sum, float x, float) { return sum + (x < 0 ? -x : x); }
};
struct SumOfSquares : Sum {
  THAW_FUNCTION static float step(float sum, float x, float) { return sum + x * x; }
};
struct SumOfExponentials : Sum {
  THAW_FUNCTION static float step(float sum, float x, float shift) { return sum + functions::exp(x - shift); }
};
struct Product {
  static constexpr float kStart = 1;
  THAW_FUNCTION static float step(float product, float x, float) { return product * x; }
  THAW_FUNCTION static double join(double a, double b) { return a * b; }
};
/// NaN if any number is, as numpy's.
struct Largest {
  static constexpr float kStart = -functions::kInfinity;
  THAW_FUNCTION static float step(float top, float x, float) { return x > top || x != x ? x : top; }
  THAW_FUNCTION static double join(double a, double b) { return b > a || b != b ? b : a; }
};
struct Smallest {
  static constexpr float kStart = functions::kInfinity;
  THAW_FUNCTION static float step(float top, float x, float) { return x < top || x != x ? x : top; }
  THAW_FUNCTION static double join(double a, double b) { return b < a || b != b ? b : a; }
};

constexpr std::int64_t kRow = 4096;        // numbers of a row that are added in f32
constexpr std::int64_t kRows = 256;        // rows of it
constexpr std::int64_t kColumns = 512;     // of kept columns that are added together
constexpr std::int64_t kItem = 16384;      // numbers that are worth a piece of work of its own
constexpr std::int64_t kItemsWanted = 32;  // pieces that keep all threads busy

/// A row of numbers side by side, as one.
template <typename F>
THAW_SIMD_CLONES double reduce_row(F, const float* x, std::int64_t n, float shift) {
  constexpr std::int64_t kLanes = 32;
  float lanes[kLanes];
  std::fill_n(lanes, kLanes, F::kStart);
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (std::int64_t k = 0; k < kLanes; ++k) lanes[k] = F::step(lanes[k], x[i + k], shift);
  }
  for (std::int64_t k = 0; i + k < n; ++k) lanes[k] = F::step(lanes[k], x[i + k], shift);
  double result = F::kStart;
  for (const float lane : lanes) result = F::join(result, lane);
  return result;
}

/// Rows that lie `stride` apart, column by column.
template <typename F>
THAW_FUNCTION void reduce_rows_of(const float* x, std::int64_t rows, std::int64_t stride, std::int64_t n,
                                  const float* shift, float* sums) {
  for (std::int64_t row = 0; row < rows; ++row, x += stride) {
#pragma omp simd
    for (std::int64_t k = 0; k < n; ++k) sums[k] = F::step(sums[k], x[k], shift[k]);
  }
}

/// Adds them to `result`. Blocks of 16 channels stay in a register.
template <typename F>
THAW_SIMD_CLONES void reduce_rows(F, const float* x, std::int64_t rows, std::int64_t stride, std::int64_t n,
                                  const float* shift, double* result) {
  float sums[kColumns];
  std::fill_n(sums, n, F::kStart);
  if (n == 16) {
    float block[16];
    std::fill_n(block, 16, F::kStart);
    reduce_rows_of<F>(x, rows, stride, 16, shift, block);
    std::copy_n(block, 16, sums);
  } else {
    reduce_rows_of<F>(x, rows, stride, n, shift, sums);
  }
  for (std::int64_t k = 0; k < n; ++k) result[k] = F::join(result[k], sums[k]);
}

struct Axes {
  std::vector<ReduceAxis> list;
  std::int64_t count = 1;

  void add(const ReduceAxis& axis) {
    list.push_back(axis);
    count *= axis.extent;
  }
  std::int64_t offset(std::int64_t index, std::int64_t ReduceAxis::*stride) const {
    std::int64_t sum = 0;
    for (std::size_t a = list.size(); a-- > 0; index /= list[a].extent)
      sum += index % list[a].extent * (list[a].*stride);
    return sum;
  }
  /// How many of the positions from `index` on follow each other at the innermost axis' stride.
  std::int64_t run(std::int64_t index) const {
    return list.empty() ? 1 : list.back().extent - index % list.back().extent;
  }
  std::int64_t stride() const { return list.empty() ? 0 : list.back().stride; }
};

/// The walk cut into pieces: for each kept position and stretch of kept columns, parts of the reduced positions.
struct Plan {
  Axes kept, reduced;  ///< without the innermost axis
  ReduceAxis inner;
  std::int64_t columns = 1;  ///< results of a kept position: 1 if the innermost axis is reduced
  std::int64_t stretches = 1;
  std::int64_t units = 1;  ///< reduced positions, in pieces of a row where the row is long
  std::int64_t row_pieces = 1;
  std::int64_t parts = 1;

  explicit Plan(const ReduceWalk& walk) : inner(walk.axes.back()) {
    for (std::size_t a = 0; a + 1 < walk.axes.size(); ++a) {
      (walk.axes[a].is_reduced ? reduced : kept).add(walk.axes[a]);
    }
    if (inner.is_reduced) {
      row_pieces = (inner.extent + kRow - 1) / kRow;
    } else {
      columns = inner.extent;
      stretches = (columns + kColumns - 1) / kColumns;
    }
    units = reduced.count * row_pieces;
    const std::int64_t items = kept.count * stretches, numbers = kept.count * reduced.count * inner.extent;
    if (items < kItemsWanted) {
      parts = std::clamp<std::int64_t>(std::min(kItemsWanted / items, numbers / items / kItem), 1, units);
    }
  }
  std::int64_t results() const { return kept.count * columns; }
  std::int64_t out_offset(std::int64_t position) const { return kept.offset(position, &ReduceAxis::out_stride); }
};

template <typename F>
class ReduceLoop {
 public:
  explicit ReduceLoop(const ReduceWalk& walk) : plan_(walk) {}

  std::size_t scratch_bytes() const {
    return plan_.parts == 1 ? 0 : static_cast<std::size_t>(plan_.parts * plan_.results()) * sizeof(double);
  }

  /// y = finish(reduced x, y), written where the walk says; y holds the shift before, if the function has one.
  template <typename Finish>
  void run(const float* x, float* y, double* partial, const Finish& finish) const {
    const std::int64_t items = plan_.kept.count * plan_.stretches;
#pragma omp parallel for schedule(static) if (items * plan_.parts > 1)
    for (std::int64_t item = 0; item < items * plan_.parts; ++item) {
      const std::int64_t part = item / items, position = item % items / plan_.stretches;
      const std::int64_t first = item % items % plan_.stretches * kColumns;
      const std::int64_t n = std::min(kColumns, plan_.columns - first);
      float* to = y + plan_.out_offset(position) + first * plan_.inner.out_stride;
      double sums[kColumns];
      std::fill_n(sums, n, static_cast<double>(F::kStart));
      const std::int64_t begin = part * plan_.units / plan_.parts, end = (part + 1) * plan_.units / plan_.parts;
      const float* from = x + plan_.kept.offset(position, &ReduceAxis::stride);
      if (plan_.inner.is_reduced) {
        add_rows(from, begin, end, *to, sums);
      } else {
        add_columns(from + first, begin, end, n, to, sums);
      }
      if (plan_.parts == 1) {
        for (std::int64_t k = 0; k < n; ++k) write(sums[k], to + k * plan_.inner.out_stride, finish);
      } else {
        std::copy_n(sums, n, partial + part * plan_.results() + position * plan_.columns + first);
      }
    }
    if (plan_.parts == 1) return;
    for (std::int64_t r = 0; r < plan_.results(); ++r) {
      double sum = partial[r];
      for (std::int64_t part = 1; part < plan_.parts; ++part) sum = F::join(sum, partial[part * plan_.results() + r]);
      write(sum, y + plan_.out_offset(r / plan_.columns) + r % plan_.columns * plan_.inner.out_stride, finish);
    }
  }

 private:
  template <typename Finish>
  static void write(double sum, float* to, const Finish& finish) {
    *to = static_cast<float>(finish(sum, *to));
  }

  void add_rows(const float* x, std::int64_t begin, std::int64_t end, float shift, double* sum) const {
    for (std::int64_t unit = begin; unit < end; ++unit) {
      const std::int64_t first = unit % plan_.row_pieces * kRow;
      const float* row = x + plan_.reduced.offset(unit / plan_.row_pieces, &ReduceAxis::stride) + first;
      *sum = F::join(*sum, reduce_row(F(), row, std::min(kRow, plan_.inner.extent - first), shift));
    }
  }

  void add_columns(const float* x, std::int64_t begin, std::int64_t end, std::int64_t n, const float* to,
                   double* sums) const {
    // The result may hold the columns apart; the loop wants what it subtracts side by side.
    float shift[kColumns] = {};
    if constexpr (std::is_same_v<F, SumOfExponentials>) {
      for (std::int64_t k = 0; k < n; ++k) shift[k] = to[k * plan_.inner.out_stride];
    }
    for (std::int64_t unit = begin; unit < end;) {
      const std::int64_t rows = std::min({plan_.reduced.run(unit), end - unit, kRows});
      reduce_rows(F(), x + plan_.reduced.offset(unit, &ReduceAxis::stride), rows, plan_.reduced.stride(), n, shift,
                  sums);
      unit += rows;
    }
  }

  Plan plan_;
};

/// Cuts the padding off each row of a result.
void cut_padding(const ReduceWalk& walk, const float* padded, float* y) {
  for (std::int64_t row = 0; row < walk.rows; ++row) {
    std::copy_n(padded + row * walk.padded, walk.channels, y + row * walk.channels);
  }
}

/// Binds `body(x, y, partial sums)`, which writes y where the walk says.
template <typename Body>
std::unique_ptr<Kernel> bind_walk(BindContext& context, const ReduceWalk& walk, std::size_t partial_bytes, Body body) {
  context.want_input(0, walk.layout);
  context.give_output(0, layout_of(plain_desc(context.output_type(0))));
  const auto padded_bytes = walk.has_padding() ? static_cast<std::size_t>(walk.rows * walk.padded) * sizeof(float) : 0;
  context.want_scratch(partial_bytes + padded_bytes);
  return std::make_unique<HostKernel>([=](const Buffers& b) {
    auto* partial = static_cast<double*>(b.scratch);
    float* y = walk.has_padding() ? mutable_floats(static_cast<char*>(b.scratch) + partial_bytes)
                                  : mutable_floats(b.outputs[0]);
    body(floats(b.inputs[0]), y, partial);
    if (walk.has_padding()) cut_padding(walk, y, mutable_floats(b.outputs[0]));
  });
}

/// finish(reduced value, how many numbers) -> result.
template <typename F, typename Finish>
KernelFactory reduction(Finish finish) {
  return [finish](BindContext& context) {
    const Shape& shape = context.input_type(0).shape;
    const Reduction reduction = Reduction::of(context.node().attributes, shape.size());
    const ReduceWalk walk = reduce_walk(context, reduction);
    const ReduceLoop<F> loop(walk);
    const auto length = static_cast<double>(reduction.length(shape));
    return bind_walk(context, walk, loop.scratch_bytes(), [=](const float* x, float* y, double* partial) {
      loop.run(x, y, partial, [&](double value, float) { return finish(value, length); });
    });
  };
}

/// ln of the sum of exp(x - the largest), plus the largest.
std::unique_ptr<Kernel> make_log_sum_exp(BindContext& context) {
  const Reduction reduction = Reduction::of(context.node().attributes, context.input_type(0).shape.size());
  const ReduceWalk walk = reduce_walk(context, reduction);
  const ReduceLoop<Largest> top(walk);
  const ReduceLoop<SumOfExponentials> sum(walk);
  const std::size_t bytes = std::max(top.scratch_bytes(), sum.scratch_bytes());
  return bind_walk(context, walk, bytes, [=](const float* x, float* y, double* partial) {
    // An infinite shift would give inf - inf; 0 gives the right infinity.
    top.run(x, y, partial, [](double value, float) { return std::isinf(value) ? 0.0 : value; });
    sum.run(x, y, partial, [](double value, float shift) { return shift + std::log(value); });
  });
}

double as_it_is(double value, double) { return value; }

}  // namespace

void add_reduce_kernels(KernelTable& table) {
  table["ReduceSum"] = reduction<Sum>(as_it_is);
  table["ReduceMean"] = reduction<Sum>([](double sum, double length) { return sum / length; });
  table["ReduceMax"] = reduction<Largest>(as_it_is);
  table["ReduceMin"] = reduction<Smallest>(as_it_is);
  table["ReduceProd"] = reduction<Product>(as_it_is);
  table["ReduceL1"] = reduction<SumOfMagnitudes>(as_it_is);
  table["ReduceL2"] = reduction<SumOfSquares>([](double sum, double) { return std::sqrt(sum); });
  table["ReduceSumSquare"] = reduction<SumOfSquares>(as_it_is);
  table["ReduceLogSum"] = reduction<Sum>([](double sum, double) { return std::log(sum); });
  table["ReduceLogSumExp"] = make_log_sum_exp;
  add_reduce_gradients(table);
  add_group_kernels(table);
}

}  // namespace thaw::cpu
