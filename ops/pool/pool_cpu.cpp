// CPU kernels of pooling, for any layout blocked by channels alone: the innermost loop runs over channels that lie side
// by side. (oneDNN's max pooling needs a workspace from forward, and it has no fused average-and-relu gradient. The
// gradient of a maximum finds it again: next to what it reads and writes anyway, a stored position would save little.)
#include <omp.h>

#include <algorithm>
#include <type_traits>

#include "ops/device/cpu/host_kernel.h"
#include "ops/device/cpu/kernels.h"
#include "ops/device/cpu/lanes.h"
#include "ops/device/cpu/simd.h"
#include "ops/device/cpu/split_kernel.h"
#include "ops/pool/global_pool.h"
#include "ops/pool/pool_geometry.h"
#include "ops/pool/pool_int8.h"

namespace thaw::cpu {
namespace {

/// The elements of one window after the other, along a row of output.
class Taps {
 public:
  THAW_INLINE inline Taps(const PoolGeometry& g, std::int64_t row) : g_(g) {
    const std::int64_t at[2] = {row / g.axes[1].outputs, row % g.axes[1].outputs};
    std::int64_t size = g.in_row_size();  // of an element of the axis
    for (std::size_t axis = 2; axis-- > 0;) {
      const PoolAxis& each = g.axes[axis];
      const auto i = static_cast<std::size_t>(at[axis]);
      row_ += each.first[i] * size;
      counts_[axis] = each.count[i];
      steps_[axis] = each.step * size;
      size *= each.inputs;
    }
    steps_[2] = g.axes[2].step * g.in.block;
  }

  /// Goes to the window of column `x`.
  THAW_INLINE inline void go_to(std::int64_t x) {
    first_ = row_ + g_.axes[2].first[static_cast<std::size_t>(x)] * g_.in.block;
    counts_[2] = g_.axes[2].count[static_cast<std::size_t>(x)];
  }
  std::int64_t first() const { return first_; }

  /// Calls visit(offset) for each, in row order.
  template <typename Visit>
  THAW_INLINE inline void for_each(const Visit& visit) const {
    for (std::int64_t z = 0; z < counts_[0]; ++z) {
      for (std::int64_t y = 0; y < counts_[1]; ++y) {
        const std::int64_t row = first_ + z * steps_[0] + y * steps_[1];
        for (std::int64_t x = 0; x < counts_[2]; ++x) visit(row + x * steps_[2]);
      }
    }
  }

 private:
  const PoolGeometry& g_;
  std::int64_t row_ = 0, first_ = 0;
  std::int64_t counts_[3] = {}, steps_[3] = {};
};

/// 1 / the number of elements that the average of an output is taken over.
inline float share_of(const PoolGeometry& g, std::int64_t z, std::int64_t y, std::int64_t x) {
  const auto share = [&](std::size_t axis, std::int64_t at) {
    return g.axes[axis].share[static_cast<std::size_t>(at)];
  };
  return share(0, z) * share(1, y) * share(2, x);
}

// Forward, one row of output: `x` is a plane's first element, `y` the row's; `channels` of those that lie side by side.

// `Number` is float or BFloat16; all compute in float.

template <typename Number>
using ForwardRow = void (*)(const PoolGeometry& g, std::int64_t row, std::int64_t channels, const Number* x, Number* y);

template <typename Number>
THAW_SIMD_CLONES void average_row(const PoolGeometry& g, std::int64_t row, std::int64_t channels, const Number* x,
                                  Number* y) {
  const std::int64_t height = g.axes[1].outputs;
  Taps taps(g, row);
  for (std::int64_t ox = 0; ox < g.axes[2].outputs; ++ox, y += g.in.block) {
    taps.go_to(ox);
    const float share = share_of(g, row / height, row % height, ox);
    for_each_lanes(channels, [&](auto width, std::int64_t c) THAW_INLINE {
      using L = decltype(width);
      typename L::Float sum = {};
      taps.for_each([&](std::int64_t at) THAW_INLINE {
        typename L::Float value;
        load<L>(x + at + c, value);
        sum += value;
      });
      store<L>(share * sum, y + c);
    });
  }
}

THAW_SIMD_CLONES void average_row_2x2_16(const PoolGeometry& g, std::int64_t row, std::int64_t, const float* x,
                                         float* y) {
  using L = Lanes16;
  const std::int64_t below = g.in.width * 16;
  const float* top = x + row * 2 * below;
  for (std::int64_t ox = 0; ox < g.axes[2].outputs; ++ox, y += 16, top += 32) {
    lanes<L>(y) = 0.25F * ((lanes<L>(top) + lanes<L>(top + 16)) + (lanes<L>(top + below) + lanes<L>(top + below + 16)));
  }
}

template <typename Number>
THAW_SIMD_CLONES void max_row(const PoolGeometry& g, std::int64_t row, std::int64_t channels, const Number* x,
                              Number* y) {
  Taps taps(g, row);
  for (std::int64_t ox = 0; ox < g.axes[2].outputs; ++ox, y += g.in.block) {
    taps.go_to(ox);
    for_each_lanes(channels, [&](auto width, std::int64_t c) THAW_INLINE {
      using L = decltype(width);
      typename L::Float largest;
      load<L>(x + taps.first() + c, largest);
      taps.for_each([&](std::int64_t at) THAW_INLINE {
        typename L::Float value;
        load<L>(x + at + c, value);
        largest = value > largest ? value : largest;
      });
      store<L>(largest, y + c);
    });
  }
}

// Gradient of an average, one row of input: each element gathers from the windows that hold it, so that every element
// is written once and rows are independent. `relu` (null without) is the fused activation's output; `dx` may be the
// same memory.

template <typename Number>
using AverageGradRow = void (*)(const PoolGeometry& g, std::int64_t row, std::int64_t channels, const Number* dy,
                                const Number* relu, Number* dx);

template <typename Number>
THAW_SIMD_CLONES void average_grad_row(const PoolGeometry& g, std::int64_t row, std::int64_t channels, const Number* dy,
                                       const Number* relu, Number* dx) {
  const std::int64_t at[2] = {row / g.in.height, row % g.in.height};
  const auto readers = [&](std::size_t axis, std::int64_t i, std::int64_t side) {
    return g.axes[axis].reader_begin[static_cast<std::size_t>(i + side)];
  };
  for (std::int64_t ix = 0; ix < g.in.width; ++ix, dx += g.in.block, relu += relu ? g.in.block : 0) {
    for_each_lanes(channels, [&](auto width, std::int64_t c) THAW_INLINE {
      using L = decltype(width);
      typename L::Float sum = {};
      for (std::int64_t a = readers(0, at[0], 0); a < readers(0, at[0], 1); ++a) {
        const std::int64_t oz = g.axes[0].readers[static_cast<std::size_t>(a)];
        for (std::int64_t b = readers(1, at[1], 0); b < readers(1, at[1], 1); ++b) {
          const std::int64_t oy = g.axes[1].readers[static_cast<std::size_t>(b)];
          const Number* from = dy + (oz * g.axes[1].outputs + oy) * g.out_row_size() + c;
          for (std::int64_t d = readers(2, ix, 0); d < readers(2, ix, 1); ++d) {
            const std::int64_t ox = g.axes[2].readers[static_cast<std::size_t>(d)];
            typename L::Float grad;
            load<L>(from + ox * g.in.block, grad);
            sum += share_of(g, oz, oy, ox) * grad;
          }
        }
      }
      if (relu) {
        typename L::Float kept;
        load<L>(relu + c, kept);
        sum = kept > 0 ? sum : typename L::Float{};
      }
      store<L>(sum, dx + c);
    });
  }
}

THAW_SIMD_CLONES void average_relu_grad_row_2x2_16(const PoolGeometry& g, std::int64_t row, std::int64_t,
                                                   const float* dy, const float* relu, float* dx) {
  using L = Lanes16;
  const std::int64_t covered = row / 2 < g.axes[1].outputs ? g.axes[2].outputs : 0;
  const float* from = dy + row / 2 * g.out_row_size();
  for (std::int64_t ox = 0; ox < covered; ++ox) {
    const L::Float grad = 0.25F * lanes<L>(from + ox * 16);
    const L::Float left = lanes<L>(relu + ox * 32), right = lanes<L>(relu + ox * 32 + 16);
    lanes<L>(dx + ox * 32) = left > 0 ? grad : L::Float{};
    lanes<L>(dx + ox * 32 + 16) = right > 0 ? grad : L::Float{};
  }
  std::fill_n(dx + covered * 32, g.in_row_size() - covered * 32, 0.0F);
}

/// Gradient of a maximum, a whole plane, because windows of neighbouring rows may share elements. Their sums are f32.
template <typename Number>
THAW_SIMD_CLONES void max_grad_plane(const PoolGeometry& g, std::int64_t channels, const Number* x, const Number* dy,
                                     float* dx) {
  for (std::int64_t p = 0; p < g.in_rows() * g.in.width; ++p) std::fill_n(dx + p * g.in.block, channels, 0.0F);
  for (std::int64_t row = 0; row < g.out_rows(); ++row) {
    Taps taps(g, row);
    for (std::int64_t ox = 0; ox < g.axes[2].outputs; ++ox, dy += g.in.block) {
      taps.go_to(ox);
      for_each_lanes(channels, [&](auto width, std::int64_t c) THAW_INLINE {
        using L = decltype(width);
        typename L::Float largest;
        load<L>(x + taps.first() + c, largest);
        typename L::Int best = {};
        std::int32_t tap = 0;
        taps.for_each([&](std::int64_t at) THAW_INLINE {
          typename L::Float value;
          load<L>(x + at + c, value);
          const auto is_larger = value > largest;
          largest = is_larger ? value : largest;
          best = is_larger ? typename L::Int{} + tap : best;
          ++tap;
        });
        typename L::Float grad;
        load<L>(dy + c, grad);
        tap = 0;
        taps.for_each([&](std::int64_t at) THAW_INLINE {
          lanes<L>(dx + at + c) += best == typename L::Int{} + tap ? grad : typename L::Float{};
          ++tap;
        });
      });
    }
  }
}

/// A piece of work: a plane, one of its rows, and a chunk of the channels that lie side by side. Chunks keep all
/// threads busy where a single picture lies channels-last.
struct Pieces {
  static constexpr std::int64_t kChunk = 128;
  std::int64_t planes, rows, block;

  std::int64_t chunks() const { return (block + kChunk - 1) / kChunk; }
  std::int64_t count() const { return planes * rows * chunks(); }

  /// Calls work(plane, row, first channel, channels) for the pieces from `begin` to before `end`.
  template <typename Work>
  void run(std::int64_t begin, std::int64_t end, const Work& work) const {
    for (std::int64_t piece = begin; piece < end; ++piece) {
      const std::int64_t first = piece % chunks() * kChunk, row = piece / chunks() % rows;
      work(piece / chunks() / rows, row, first, std::min(kChunk, block - first));
    }
  }
};

/// The loop for the number of channels and the window: the most common case has one of its own.
ForwardRow<float> forward_row(const PoolGeometry& g, bool is_max, float) {
  return is_max ? max_row<float> : g.is_2x2_of_16() ? average_row_2x2_16 : average_row<float>;
}
ForwardRow<BFloat16> forward_row(const PoolGeometry&, bool is_max, BFloat16) {
  return is_max ? max_row<BFloat16> : average_row<BFloat16>;
}
AverageGradRow<float> backward_row(const PoolGeometry& g, bool has_relu, float) {
  return has_relu && g.is_2x2_of_16() ? average_relu_grad_row_2x2_16 : average_grad_row<float>;
}
AverageGradRow<BFloat16> backward_row(const PoolGeometry&, bool, BFloat16) { return average_grad_row<BFloat16>; }

/// make(context, layout of the picture at input `i`, Number()).
template <typename Make>
std::unique_ptr<Kernel> for_number(BindContext& context, int i, const Make& make) {
  const LayoutPtr layout = picture_layout_as_it_is(context, i);
  return is_bfloat16(layout) ? make(desc_of(layout), BFloat16()) : make(desc_of(layout), float());
}

template <typename Number>
std::unique_ptr<Kernel> make_pool(BindContext& context, bool is_max, const dnnl::memory::desc& in) {
  const Shape& pooled = context.output_type(0).shape;
  const PoolGeometry g(context.node(), in, pooled);
  context.want_input(0, layout_of(in));
  context.give_output(0, layout_of(reshaped_like(in, pooled)));
  const auto forward = forward_row(g, is_max, Number());
  const Pieces pieces{g.in.outer, g.out_rows(), g.in.block};
  return std::make_unique<SplitKernel>(pieces.count(), [=](const Buffers& b, std::int64_t begin, std::int64_t end) {
    const auto* x = static_cast<const Number*>(b.inputs[0]);
    auto* y = static_cast<Number*>(b.outputs[0]);
    pieces.run(begin, end, [&](std::int64_t plane, std::int64_t row, std::int64_t c, std::int64_t channels) {
      Number* to = y + plane * g.out_size() + row * g.out_row_size() + c;
      forward(g, row, channels, x + plane * g.in_size() + c, to);
    });
  });
}

/// `like` is the layout of what the relu let pass, or of the average's gradient where there is no relu.
template <typename Number>
std::unique_ptr<Kernel> make_average_grad(BindContext& context, const dnnl::memory::desc& like) {
  const bool has_relu = context.has_input(1);
  const Shape& pooled = context.input_type(0).shape;
  const auto in = has_relu ? like : reshaped_like(like, context.output_type(0).shape);
  const PoolGeometry g(context.node(), in, pooled);
  context.want_input(0, layout_of(reshaped_like(in, pooled)));
  if (has_relu) context.want_input(1, layout_of(in));
  context.give_output(0, layout_of(in));
  const auto backward = backward_row(g, has_relu, Number());
  const Pieces pieces{g.in.outer, g.in_rows(), g.in.block};
  return std::make_unique<SplitKernel>(pieces.count(), [=](const Buffers& b, std::int64_t begin, std::int64_t end) {
    pieces.run(begin, end, [&](std::int64_t plane, std::int64_t row, std::int64_t c, std::int64_t channels) {
      const std::int64_t at = plane * g.in_size() + row * g.in_row_size() + c;
      const Number* relu = has_relu ? static_cast<const Number*>(b.inputs[1]) + at : nullptr;
      backward(g, row, channels, static_cast<const Number*>(b.inputs[0]) + plane * g.out_size() + c, relu,
               static_cast<Number*>(b.outputs[0]) + at);
    });
  });
}

template <typename Number>
std::unique_ptr<Kernel> make_max_grad(BindContext& context, const dnnl::memory::desc& in) {
  const Shape& pooled = context.input_type(1).shape;
  const PoolGeometry g(context.node(), in, pooled);
  context.want_input(0, layout_of(in));
  context.want_input(1, layout_of(reshaped_like(in, pooled)));
  context.give_output(0, layout_of(in));
  constexpr bool is_narrow = std::is_same_v<Number, BFloat16>;
  if (is_narrow) {
    context.want_scratch(static_cast<std::size_t>(omp_get_max_threads() * g.in_size()) * sizeof(float));
  }
  const Pieces pieces{g.in.outer, 1, g.in.block};
  return std::make_unique<SplitKernel>(pieces.count(), [=](const Buffers& b, std::int64_t begin, std::int64_t end) {
    pieces.run(begin, end, [&](std::int64_t plane, std::int64_t, std::int64_t c, std::int64_t channels) {
      const std::int64_t at = plane * g.in_size() + c;
      const auto* x = static_cast<const Number*>(b.inputs[0]) + at;
      const auto* dy = static_cast<const Number*>(b.inputs[1]) + plane * g.out_size() + c;
      auto* dx = static_cast<Number*>(b.outputs[0]) + at;
      if constexpr (is_narrow) {
        float* sums = static_cast<float*>(b.scratch) + omp_get_thread_num() * g.in_size();  // this thread's plane
        max_grad_plane(g, channels, x, dy, sums);
        const bool is_whole = channels == g.in.block;
        const std::int64_t rows = is_whole ? 1 : g.in_rows() * g.in.width, row = is_whole ? g.in_size() : channels;
        for (std::int64_t p = 0; p < rows; ++p) to_bfloat16s(sums + p * g.in.block, row, dx + p * g.in.block);
      } else {
        max_grad_plane(g, channels, x, dy, dx);
      }
    });
  });
}

std::unique_ptr<Kernel> bind_pool(BindContext& context, bool is_max) {
  if (auto kernel = is_max ? bind_quantized_max_pool(context) : nullptr) return kernel;
  return for_number(context, 0, [&]<typename Number>(const dnnl::memory::desc& in, Number) {
    return make_pool<Number>(context, is_max, in);
  });
}

std::unique_ptr<Kernel> bind_average_grad(BindContext& context) {
  return for_number(context, context.has_input(1) ? 1 : 0,
                    [&]<typename Number>(const dnnl::memory::desc& like, Number) {
                      return make_average_grad<Number>(context, like);
                    });
}

std::unique_ptr<Kernel> bind_max_grad(BindContext& context) {
  return for_number(context, 0, [&]<typename Number>(const dnnl::memory::desc& in, Number) {
    return make_max_grad<Number>(context, in);
  });
}

/// Values and positions: rare, and row-major, as positions count.
std::unique_ptr<Kernel> make_max_with_indices(BindContext& context) {
  const PoolGeometry g(context.node(), plain_desc(context.input_type(0)), context.output_type(0).shape);
  return make_host_kernel(context, [g](const Buffers& b) {
    const float* x = floats(b.inputs[0]);
    float* y = mutable_floats(b.outputs[0]);
    auto* indices = static_cast<std::int32_t*>(b.outputs[1]);
    for (std::int64_t plane = 0; plane < g.in.outer; ++plane) {
      for (std::int64_t row = 0; row < g.out_rows(); ++row) {
        Taps taps(g, row);
        for (std::int64_t ox = 0; ox < g.axes[2].outputs; ++ox) {
          taps.go_to(ox);
          std::int64_t best = plane * g.in_size() + taps.first();
          taps.for_each([&](std::int64_t at) {
            if (x[plane * g.in_size() + at] > x[best]) best = plane * g.in_size() + at;
          });
          *y++ = x[best];
          *indices++ = static_cast<std::int32_t>(best);
        }
      }
    }
  });
}

}  // namespace

void add_pool_kernels(KernelTable& table) {
  table["AveragePool"] = [](BindContext& context) { return bind_pool(context, false); };
  table["MaxPool"] = [](BindContext& context) {
    return context.node().outputs.size() > 1 ? make_max_with_indices(context) : bind_pool(context, true);
  };
  table["AveragePoolGrad"] = bind_average_grad;
  table["AveragePoolReluGrad"] = bind_average_grad;
  table["MaxPoolGrad"] = bind_max_grad;
  table["GlobalMaxPool"] = [](BindContext& context) { return bind_pool(context, true); };
  table["GlobalMaxPoolGrad"] = bind_max_grad;
  add_global_average_kernels(table);
}

}  // namespace thaw::cpu
