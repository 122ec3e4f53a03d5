// CPU kernels of global averages, for any layout blocked by channels alone. A piece of work is a chunk of the channels
// of one plane, so that all threads are busy whether channels lie apart, in blocks of 16, or all side by side.
#include <algorithm>

#include "ops/device/cpu/lanes.h"
#include "ops/device/cpu/onednn_compat.h"
#include "ops/device/cpu/simd.h"
#include "ops/device/cpu/split_kernel.h"
#include "ops/pool/global_pool.h"
#include "ops/pool/pool_int8.h"

namespace thaw::cpu {
namespace {

/// y *= scale.
THAW_SIMD_CLONES void scale_all(float* y, std::int64_t n, float scale) {
  for (std::int64_t i = 0; i < n; ++i) y[i] *= scale;
}

/// dx[pixels][block] = scale * dy, for the first `count` channels of a block.
THAW_SIMD_CLONES void spread(const float* dy, float scale, std::int64_t pixels, std::int64_t block, std::int64_t count,
                             float* dx) {
  if (block == 1) {
    std::fill_n(dx, pixels, scale * *dy);
    return;
  }
  for (std::int64_t p = 0; p < pixels; ++p, dx += block) {
    for_each_lanes(count, [&](auto width, std::int64_t c) THAW_INLINE {
      using L = decltype(width);
      lanes<L>(dx + c) = scale * lanes<L>(dy + c);
    });
  }
}

struct Planes {
  static constexpr std::int64_t kChunk = 128;
  std::int64_t count, pixels, block;

  explicit Planes(const ChannelBlocks& blocks)
      : count(blocks.outer), pixels(blocks.depth * blocks.height * blocks.width), block(blocks.block) {}

  float scale() const { return 1.0F / static_cast<float>(pixels); }
  std::int64_t chunks() const { return (block + kChunk - 1) / kChunk; }
  /// Calls work(offset in a picture, offset in its averages, channels) for the pieces from `begin` to before `end`.
  template <typename Work>
  void run(std::int64_t begin, std::int64_t end, const Work& work) const {
    for (std::int64_t piece = begin; piece < end; ++piece) {
      const std::int64_t plane = piece / chunks(), first = piece % chunks() * kChunk;
      work(plane * pixels * block + first, plane * block + first, std::min(kChunk, block - first));
    }
  }
};

std::unique_ptr<Kernel> make_average(BindContext& context) {
  if (auto kernel = bind_quantized_global_average(context)) return kernel;
  const auto in = desc_of(picture_layout(context, 0));
  context.want_input(0, layout_of(in));
  context.give_output(0, layout_of(reshaped_like(in, context.output_type(0).shape)));
  const Planes planes(channel_blocks(in));
  return std::make_unique<SplitKernel>(
      planes.count * planes.chunks(), [=](const Buffers& buffers, std::int64_t begin, std::int64_t end) {
        const auto* x = static_cast<const float*>(buffers.inputs[0]);
        auto* y = static_cast<float*>(buffers.outputs[0]);
        planes.run(begin, end, [&](std::int64_t from, std::int64_t to, std::int64_t channels) {
          sum_pixels(x + from, planes.pixels, planes.block, channels, y + to);
          scale_all(y + to, channels, planes.scale());
        });
      });
}

std::unique_ptr<Kernel> make_average_grad(BindContext& context) {
  const auto averages = desc_of(picture_layout(context, 0));
  const auto picture = reshaped_like(averages, context.output_type(0).shape);
  context.want_input(0, layout_of(averages));
  context.give_output(0, layout_of(picture));
  const Planes planes(channel_blocks(picture));
  return std::make_unique<SplitKernel>(
      planes.count * planes.chunks(), [=](const Buffers& buffers, std::int64_t begin, std::int64_t end) {
        const auto* dy = static_cast<const float*>(buffers.inputs[0]);
        auto* dx = static_cast<float*>(buffers.outputs[0]);
        planes.run(begin, end, [&](std::int64_t to, std::int64_t from, std::int64_t channels) {
          spread(dy + from, planes.scale(), planes.pixels, planes.block, channels, dx + to);
        });
      });
}

}  // namespace

void add_global_average_kernels(KernelTable& table) {
  table["GlobalAveragePool"] = make_average;
  table["GlobalAveragePoolGrad"] = make_average_grad;
}

}  // namespace thaw::cpu
