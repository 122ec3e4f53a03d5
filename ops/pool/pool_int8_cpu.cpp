// Pooling of 8-bit integers that lie channels-last or in blocks of channels: a maximum is one of them, an average is
// summed up exactly.
#include <algorithm>
#include <cstring>

#include "ops/device/cpu/simd.h"
#include "ops/device/cpu/split_kernel.h"
#include "ops/pool/pool_geometry.h"
#include "ops/pool/pool_int8.h"

namespace thaw::cpu {
namespace {

/// One row of output: `x` is a plane's first element, `y` the row's.
template <typename Integer>
THAW_SIMD_CLONES void max_row(const PoolGeometry& g, std::int64_t row, const Integer* x, Integer* y) {
  const auto at = [](std::int64_t i) { return static_cast<std::size_t>(i); };
  const auto& [depth, height, width] = g.axes;
  const std::int64_t block = g.in.block, oz = row / height.outputs, oy = row % height.outputs;
  for (std::int64_t ox = 0; ox < width.outputs; ++ox, y += block) {
    bool is_first = true;
    for (std::int64_t z = 0; z < depth.count[at(oz)]; ++z) {
      for (std::int64_t v = 0; v < height.count[at(oy)]; ++v) {
        const std::int64_t line =
            ((depth.first[at(oz)] + z * depth.step) * g.in.height + height.first[at(oy)] + v * height.step) *
            g.in.width;
        for (std::int64_t u = 0; u < width.count[at(ox)]; ++u, is_first = false) {
          const Integer* from = x + (line + width.first[at(ox)] + u * width.step) * block;
          if (is_first) {
            std::memcpy(y, from, at(block));
            continue;
          }
#pragma omp simd
          for (std::int64_t c = 0; c < block; ++c) y[c] = std::max(y[c], from[c]);
        }
      }
    }
  }
}

constexpr std::int64_t kChannels = 64;  // of a piece of work

/// Sums of up to kChannels channels over all pixels, `stride` numbers apart, times `factor`.
template <typename Integer>
THAW_SIMD_CLONES void average(const Integer* x, std::int64_t pixels, std::int64_t stride, std::int64_t channels,
                              float factor, float* y) {
  std::int32_t sums[kChannels] = {};
  for (std::int64_t p = 0; p < pixels; ++p, x += stride) {
#pragma omp simd
    for (std::int64_t c = 0; c < channels; ++c) sums[c] += x[c];
  }
  for (std::int64_t c = 0; c < channels; ++c) y[c] = static_cast<float>(sums[c]) * factor;
}

template <typename Integer>
std::unique_ptr<Kernel> make_max(const PoolGeometry& g) {
  const std::int64_t rows = g.out_rows();
  return std::make_unique<SplitKernel>(g.in.outer * rows, [=](const Buffers& b, std::int64_t begin, std::int64_t end) {
    const auto* x = static_cast<const Integer*>(b.inputs[0]);
    auto* y = static_cast<Integer*>(b.outputs[0]);
    for (std::int64_t piece = begin; piece < end; ++piece) {
      max_row(g, piece % rows, x + piece / rows * g.in_size(), y + piece * g.out_row_size());
    }
  });
}

template <typename Integer>
std::unique_ptr<Kernel> make_average(const ChannelBlocks& blocks, float step) {
  const std::int64_t pixels = blocks.depth * blocks.height * blocks.width, block = blocks.block;
  const std::int64_t chunks = (block + kChannels - 1) / kChannels;
  const float factor = step / static_cast<float>(pixels);
  return std::make_unique<SplitKernel>(blocks.outer * chunks,
                                       [=](const Buffers& b, std::int64_t begin, std::int64_t end) {
                                         const auto* x = static_cast<const Integer*>(b.inputs[0]);
                                         auto* y = static_cast<float*>(b.outputs[0]);
                                         for (std::int64_t piece = begin; piece < end; ++piece) {
                                           const std::int64_t plane = piece / chunks, c = piece % chunks * kChannels;
                                           average(x + plane * pixels * block + c, pixels, block,
                                                   std::min(kChannels, block - c), factor, y + plane * block + c);
                                         }
                                       });
}

/// Whether input 0 comes in integers that lie blocked by channels alone.
bool is_quantized_picture(const BindContext& context) {
  const LayoutPtr layout = context.input_layout(0);
  return layout && is_quantized(layout) && find_channel_blocks(desc_of(layout));
}

bool is_signed(const dnnl::memory::desc& desc) { return data_type_of(desc) == dnnl::memory::data_type::s8; }

}  // namespace

std::unique_ptr<Kernel> bind_quantized_max_pool(BindContext& context) {
  if (!is_quantized_picture(context)) return nullptr;
  const LayoutPtr layout = context.input_layout(0);
  const auto& in = desc_of(layout);
  const Shape& pooled = context.output_type(0).shape;
  context.want_input(0, layout);
  context.give_output(0, layout_of(reshaped_like(in, pooled), steps_of(layout)));
  const PoolGeometry g(context.node(), in, pooled);
  return is_signed(in) ? make_max<std::int8_t>(g) : make_max<std::uint8_t>(g);
}

std::unique_ptr<Kernel> bind_quantized_global_average(BindContext& context) {
  if (!is_quantized_picture(context)) return nullptr;
  const LayoutPtr layout = context.input_layout(0);
  const auto& in = desc_of(layout);
  const auto out = with_data_type(reshaped_like(in, context.output_type(0).shape), dnnl::memory::data_type::f32);
  context.want_input(0, layout);
  context.give_output(0, layout_of(out));
  const float step = steps_of(layout).values.at(0);
  return is_signed(in) ? make_average<std::int8_t>(channel_blocks(in), step)
                       : make_average<std::uint8_t>(channel_blocks(in), step);
}

}  // namespace thaw::cpu
