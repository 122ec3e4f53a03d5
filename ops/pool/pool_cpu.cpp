// CPU kernels of pooling, for any layout blocked by channels alone: the innermost loop runs over channels that lie side
// by side. (oneDNN's max pooling needs a workspace from forward, and it has no fused average-and-relu gradient.)
#include <algorithm>
#include <cstring>

#include "ops/device/cpu/kernels.h"
#include "ops/device/cpu/onednn.h"
#include "ops/device/cpu/onednn_compat.h"
#include "ops/device/cpu/simd.h"
#include "ops/window.h"

namespace thaw::cpu {
namespace {

/// The extents of one pooling; pictures are [outer][height][width][block].
struct PoolGeometry {
  Window window;
  ChannelBlocks in;
  std::int64_t out_height = 0, out_width = 0;

  std::int64_t in_size() const { return in.height * in.width * in.block; }
  std::int64_t out_size() const { return out_height * out_width * in.block; }
  /// Rows of input that output row `oy` covers, clipped to the picture.
  void rows(std::int64_t oy, std::int64_t& begin, std::int64_t& end) const { clip(0, oy, in.height, begin, end); }
  void columns(std::int64_t ox, std::int64_t& begin, std::int64_t& end) const { clip(1, ox, in.width, begin, end); }

 private:
  void clip(int axis, std::int64_t out, std::int64_t extent, std::int64_t& begin, std::int64_t& end) const {
    const std::int64_t start = out * window.strides[axis] - window.pads_begin[axis];
    begin = std::max<std::int64_t>(start, 0);
    end = std::min(start + window.kernel[axis], extent);
  }
};

// One plane: [height][width][block]. Each function is compiled for every instruction set.

THAW_SIMD_CLONES void average_plane(const PoolGeometry& g, const float* x, float* y) {
  const std::int64_t block = g.in.block;
  for (std::int64_t oy = 0; oy < g.out_height; ++oy) {
    std::int64_t y0, y1, x0, x1;
    g.rows(oy, y0, y1);
    for (std::int64_t ox = 0; ox < g.out_width; ++ox, y += block) {
      g.columns(ox, x0, x1);
      std::fill_n(y, block, 0.0F);
      for (std::int64_t iy = y0; iy < y1; ++iy) {
        for (std::int64_t ix = x0; ix < x1; ++ix) {
          const float* from = x + (iy * g.in.width + ix) * block;
          for (std::int64_t c = 0; c < block; ++c) y[c] += from[c];
        }
      }
      const float scale = 1.0F / static_cast<float>((y1 - y0) * (x1 - x0));
      for (std::int64_t c = 0; c < block; ++c) y[c] *= scale;
    }
  }
}

/// 16 channels at once. Vectors by name, because the fused gradient runs in place and a compiler that must expect
/// overlap falls back to one element at a time.
using Lanes = float __attribute__((vector_size(64), aligned(4), may_alias));
const Lanes& lanes(const float* at) { return *reinterpret_cast<const Lanes*>(at); }
Lanes& lanes(float* at) { return *reinterpret_cast<Lanes*>(at); }

/// The common case: 2x2 windows side by side, blocks of 16.
THAW_SIMD_CLONES void average_plane_2x2_16(const PoolGeometry& g, const float* x, float* y) {
  const std::int64_t row = g.in.width * 16;
  for (std::int64_t oy = 0; oy < g.out_height; ++oy) {
    const float* top = x + oy * 2 * row;
    for (std::int64_t ox = 0; ox < g.out_width; ++ox, y += 16, top += 32) {
      lanes(y) = 0.25F * ((lanes(top) + lanes(top + 16)) + (lanes(top + row) + lanes(top + row + 16)));
    }
  }
}

/// dx = spread(dy). Every element of dx is written.
THAW_SIMD_CLONES void average_grad_plane(const PoolGeometry& g, const float* dy, const float*, float* dx) {
  const std::int64_t block = g.in.block;
  std::fill_n(dx, g.in_size(), 0.0F);
  for (std::int64_t oy = 0; oy < g.out_height; ++oy) {
    std::int64_t y0, y1, x0, x1;
    g.rows(oy, y0, y1);
    for (std::int64_t ox = 0; ox < g.out_width; ++ox, dy += block) {
      g.columns(ox, x0, x1);
      const float scale = 1.0F / static_cast<float>((y1 - y0) * (x1 - x0));
      for (std::int64_t iy = y0; iy < y1; ++iy) {
        for (std::int64_t ix = x0; ix < x1; ++ix) {
          float* to = dx + (iy * g.in.width + ix) * block;
          for (std::int64_t c = 0; c < block; ++c) to[c] += scale * dy[c];
        }
      }
    }
  }
}

// The fused gradients may run in place: dx may be the memory of `relu`.

THAW_SIMD_CLONES void mask(const float* grad, const float* relu, float* dx, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) dx[i] = relu[i] > 0 ? grad[i] : 0;
}

void average_relu_grad_plane(const PoolGeometry& g, const float* dy, const float* relu, float* dx) {
  thread_local std::vector<float> spread;  // grows once
  spread.resize(static_cast<std::size_t>(g.in_size()));
  average_grad_plane(g, dy, nullptr, spread.data());
  mask(spread.data(), relu, dx, g.in_size());
}

THAW_SIMD_CLONES void average_relu_grad_plane_2x2_16(const PoolGeometry& g, const float* dy, const float* relu,
                                                     float* dx) {
  const std::int64_t row = g.in.width * 16;
  const std::int64_t covered = g.out_width * 32;
  for (std::int64_t iy = 0; iy < g.in.height; ++iy, dx += row, relu += row) {
    if (iy / 2 >= g.out_height) {
      std::fill_n(dx, row, 0.0F);
      continue;
    }
    const float* from = dy + iy / 2 * g.out_width * 16;
    for (std::int64_t ox = 0; ox < g.out_width; ++ox) {
      const Lanes grad = 0.25F * lanes(from + ox * 16);
      const Lanes left = lanes(relu + ox * 32), right = lanes(relu + ox * 32 + 16);
      lanes(dx + ox * 32) = left > 0 ? grad : Lanes{};
      lanes(dx + ox * 32 + 16) = right > 0 ? grad : Lanes{};
    }
    std::fill_n(dx + covered, row - covered, 0.0F);
  }
}

THAW_SIMD_CLONES void max_plane(const PoolGeometry& g, const float* x, float* y) {
  const std::int64_t block = g.in.block;
  for (std::int64_t oy = 0; oy < g.out_height; ++oy) {
    std::int64_t y0, y1, x0, x1;
    g.rows(oy, y0, y1);
    for (std::int64_t ox = 0; ox < g.out_width; ++ox, y += block) {
      g.columns(ox, x0, x1);
      std::memcpy(y, x + (y0 * g.in.width + x0) * block, static_cast<std::size_t>(block) * sizeof(float));
      for (std::int64_t iy = y0; iy < y1; ++iy) {
        for (std::int64_t ix = x0; ix < x1; ++ix) {
          const float* from = x + (iy * g.in.width + ix) * block;
          for (std::int64_t c = 0; c < block; ++c) y[c] = from[c] > y[c] ? from[c] : y[c];
        }
      }
    }
  }
}

void max_grad_plane(const PoolGeometry& g, const float* x, const float* dy, float* dx) {
  const std::int64_t block = g.in.block;
  std::fill_n(dx, g.in_size(), 0.0F);
  for (std::int64_t oy = 0; oy < g.out_height; ++oy) {
    std::int64_t y0, y1, x0, x1;
    g.rows(oy, y0, y1);
    for (std::int64_t ox = 0; ox < g.out_width; ++ox, dy += block) {
      g.columns(ox, x0, x1);
      for (std::int64_t c = 0; c < block; ++c) {
        std::int64_t best = (y0 * g.in.width + x0) * block + c;
        for (std::int64_t iy = y0; iy < y1; ++iy) {
          for (std::int64_t ix = x0; ix < x1; ++ix) {
            const std::int64_t at = (iy * g.in.width + ix) * block + c;
            if (x[at] > x[best]) best = at;
          }
        }
        dx[best] += dy[c];
      }
    }
  }
}

/// Runs a plane function over all planes: reads up to two tensors, each of input or output size.
class PoolKernel : public Kernel {
 public:
  using Plane = std::function<void(const float* a, const float* b, float* to)>;
  struct Sizes {
    std::int64_t a, b, to;  // elements of a plane
  };
  PoolKernel(std::int64_t planes, Sizes sizes, Plane plane)
      : planes_(planes), sizes_(sizes), plane_(std::move(plane)) {}

  void attach(const Buffers& buffers) override {
    a_ = static_cast<const float*>(buffers.inputs[0]);
    b_ = buffers.inputs.size() > 1 ? static_cast<const float*>(buffers.inputs[1]) : nullptr;
    to_ = static_cast<float*>(buffers.outputs[0]);
  }
  void run() override {
#pragma omp parallel for schedule(static)
    for (std::int64_t p = 0; p < planes_; ++p) {
      plane_(a_ + p * sizes_.a, b_ ? b_ + p * sizes_.b : nullptr, to_ + p * sizes_.to);
    }
  }

 private:
  std::int64_t planes_;
  Sizes sizes_;
  Plane plane_;
  const float* a_ = nullptr;
  const float* b_ = nullptr;
  float* to_ = nullptr;
};

/// `picture` has the unpooled extents, `pooled` the pooled ones.
PoolGeometry geometry_of(const Attributes& attributes, const dnnl::memory::desc& picture, const Shape& pooled) {
  return {Window::of(attributes), channel_blocks(picture), pooled[2], pooled[3]};
}

bool is_2x2_of_16(const PoolGeometry& g) {
  const Window& w = g.window;
  const bool has_pads = w.pads_begin[0] || w.pads_begin[1] || w.pads_end[0] || w.pads_end[1];
  return g.in.block == 16 && !has_pads && w.kernel[0] == 2 && w.kernel[1] == 2 && w.strides[0] == 2 &&
         w.strides[1] == 2;
}

std::unique_ptr<Kernel> make_pool(BindContext& context, bool is_max) {
  const auto in = desc_of(context.input_layout(0));
  const auto g = geometry_of(context.node().attributes, in, context.output_type(0).shape);
  context.want_input(0, layout_of(in));
  context.give_output(0, layout_of(reshaped_like(in, context.output_type(0).shape)));
  const auto plane = is_max ? max_plane : is_2x2_of_16(g) ? average_plane_2x2_16 : average_plane;
  return std::make_unique<PoolKernel>(g.in.outer, PoolKernel::Sizes{g.in_size(), 0, g.out_size()},
                                      [=](const float* x, const float*, float* y) { plane(g, x, y); });
}

std::unique_ptr<Kernel> make_average_grad(BindContext& context) {
  const bool has_relu = context.has_input(1);
  const Shape& shape = context.output_type(0).shape;
  const auto in = has_relu ? desc_of(context.input_layout(1)) : reshaped_like(desc_of(context.input_layout(0)), shape);
  const auto g = geometry_of(context.node().attributes, in, context.input_type(0).shape);
  context.want_input(0, layout_of(reshaped_like(in, context.input_type(0).shape)));
  if (has_relu) context.want_input(1, layout_of(in));
  context.give_output(0, layout_of(in));
  const auto plane = !has_relu         ? average_grad_plane
                     : is_2x2_of_16(g) ? average_relu_grad_plane_2x2_16
                                       : average_relu_grad_plane;
  return std::make_unique<PoolKernel>(g.in.outer, PoolKernel::Sizes{g.out_size(), g.in_size(), g.in_size()},
                                      [=](const float* dy, const float* relu, float* dx) { plane(g, dy, relu, dx); });
}

std::unique_ptr<Kernel> make_max_grad(BindContext& context) {
  const auto in = desc_of(context.input_layout(0));
  const auto g = geometry_of(context.node().attributes, in, context.input_type(1).shape);
  context.want_input(0, layout_of(in));
  context.want_input(1, layout_of(reshaped_like(in, context.input_type(1).shape)));
  context.give_output(0, layout_of(in));
  return std::make_unique<PoolKernel>(
      g.in.outer, PoolKernel::Sizes{g.in_size(), g.out_size(), g.in_size()},
      [=](const float* x, const float* dy, float* dx) { max_grad_plane(g, x, dy, dx); });
}

}  // namespace

void add_pool_kernels(KernelTable& table) {
  table["AveragePool"] = [](BindContext& context) { return make_pool(context, false); };
  table["MaxPool"] = [](BindContext& context) { return make_pool(context, true); };
  table["AveragePoolGrad"] = make_average_grad;
  table["AveragePoolReluGrad"] = make_average_grad;
  table["MaxPoolGrad"] = make_max_grad;
}

}  // namespace thaw::cpu
