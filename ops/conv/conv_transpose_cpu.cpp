// CPU kernels of ConvTranspose: oneDNN's convolution gradient spreads the picture (its deconvolution does the same, but
// works off bias and activation one element at a time), then one pass adds the bias and applies the activation.
#include <algorithm>

#include "ops/conv/conv_onednn.h"
#include "ops/device/cpu/bfloat16.h"
#include "ops/device/cpu/lanes.h"
#include "ops/device/cpu/onednn_compat.h"
#include "ops/device/cpu/simd.h"
#include "ops/device/cpu/split_kernel.h"
#include "ops/elementwise/broadcast_cpu.h"

namespace thaw::cpu {
namespace {

/// Channel blocks of pictures, and which channels each holds: the last may have fewer than its size, the rest is
/// padding.
struct ChannelPlanes {
  ChannelBlocks blocks;
  std::int64_t batch = 0, channels = 0;

  ChannelPlanes(const dnnl::memory::desc& desc, const Shape& shape)
      : blocks(channel_blocks(desc)), batch(shape[0]), channels(shape[1]) {}
  std::int64_t per_picture() const { return blocks.outer / batch; }
  std::int64_t pixels() const { return blocks.depth * blocks.height * blocks.width; }
  std::int64_t first_channel(std::int64_t plane) const { return plane % per_picture() * blocks.block; }
  std::int64_t channel_count(std::int64_t plane) const {
    return std::min(blocks.block, channels - first_channel(plane));
  }
};

/// [pixels][block] += bias, for the `count` channels that are not padding.
THAW_SIMD_CLONES void add_bias(float* y, std::int64_t pixels, std::int64_t block, const float* bias,
                               std::int64_t count) {
  if (block == 1) {
    for (std::int64_t p = 0; p < pixels; ++p) y[p] += *bias;
    return;
  }
  for (std::int64_t p = 0; p < pixels; ++p, y += block) {
    for_each_lanes(count, [&](auto lane, std::int64_t c)
                              THAW_INLINE { lanes<decltype(lane)>(y + c) += lanes<decltype(lane)>(bias + c); });
  }
}

/// What is done to pixels[count][block] after the sums.
struct Finish {
  std::int64_t block = 1;
  TileFunction activate = nullptr;  ///< keeps the padding at zero, as fused activations do

  /// `bias` of `channels` channels; null for none.
  void operator()(float* y, std::int64_t pixels, const float* bias, std::int64_t channels) const {
    if (bias) add_bias(y, pixels, block, bias, channels);
    if (activate) apply(activate, y, pixels * block);
  }
  /// Widened a few pixels at a time.
  void operator()(BFloat16* y, std::int64_t pixels, const float* bias, std::int64_t channels) const {
    alignas(64) float wide[kWidest];
    const std::int64_t at_once = kWidest / block;
    for (std::int64_t p = 0; p < pixels; p += at_once) {
      const std::int64_t count = std::min(at_once, pixels - p);
      to_floats(y + p * block, count * block, wide);
      (*this)(wide, count, bias, channels);
      to_bfloat16s(wide, count * block, y + p * block);
    }
  }
  static constexpr std::int64_t kWidest = 4096;  ///< channels side by side in bfloat16
};

/// Bias and activation, row by row while it is in the cache.
template <typename Number>
std::unique_ptr<Kernel> make_finish(const BindContext& context, const dnnl::memory::desc& desc) {
  const ChannelPlanes planes(desc, context.output_type(0).shape);
  const auto activation = FusedActivation::of(context.node().attributes);
  const Finish finish{planes.blocks.block, activation.name.empty() ? nullptr : function_of(activation)};
  const bool has_bias = context.has_input(2);
  const std::int64_t rows = planes.blocks.depth * planes.blocks.height, width = planes.blocks.width;
  return std::make_unique<SplitKernel>(
      planes.blocks.outer * rows, [=](const Buffers& buffers, std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
          const std::int64_t plane = row / rows;
          const auto* bias = static_cast<const float*>(buffers.inputs[has_bias ? 2 : 0]) + planes.first_channel(plane);
          finish(static_cast<Number*>(buffers.outputs[0]) + row * width * finish.block, width,
                 has_bias ? bias : nullptr, planes.channel_count(plane));
        }
      });
}

/// Two kernels as one.
class InTurn : public Kernel {
 public:
  InTurn(std::unique_ptr<Kernel> first, std::unique_ptr<Kernel> second)
      : first_(std::move(first)), second_(std::move(second)) {}
  void attach(const Buffers& buffers) override {
    first_->attach(buffers);
    second_->attach(buffers);
  }
  void run() override {
    first_->run();
    stream().wait();
    second_->run();
  }

 private:
  std::unique_ptr<Kernel> first_, second_;
};

std::unique_ptr<Kernel> make_transpose(BindContext& context) {
  const auto pd = describe_spread(context);
  auto spread = bind_spread(context, pd);
  store_as_gradient(context, conv_window(context.node(), context.input_type(0)), context.output_type(0).shape,
                    context.input_type(0).shape);
  const bool has_bias = context.has_input(2);
  if (has_bias) context.want_input(2, layout_of(plain_desc(context.input_type(2))));
  if (!has_bias && context.node().attributes.text("activation").empty()) return spread;
  const auto& sums = pd.diff_src_desc();
  const bool is_wide = data_type_of(sums) == dnnl::memory::data_type::f32;
  return std::make_unique<InTurn>(std::move(spread),
                                  is_wide ? make_finish<float>(context, sums) : make_finish<BFloat16>(context, sums));
}

/// dB: sums over batch and pixels. One piece is one block of channels.
std::unique_ptr<Kernel> make_grad_bias(BindContext& context) {
  const LayoutPtr layout = picture_layout(context, 0);
  const ChannelPlanes planes(desc_of(layout), context.input_type(0).shape);
  context.want_input(0, layout);
  context.give_output(0, layout_of(plain_desc(context.output_type(0))));
  constexpr std::int64_t kChunk = 128;  // of channels that lie side by side: whole ones would leave threads idle
  const std::int64_t chunks = (planes.blocks.block + kChunk - 1) / kChunk;
  return std::make_unique<SplitKernel>(
      planes.per_picture() * chunks, [=](const Buffers& buffers, std::int64_t begin, std::int64_t end) {
        const std::int64_t plane_size = planes.pixels() * planes.blocks.block;
        for (std::int64_t piece = begin; piece < end; ++piece) {
          const std::int64_t plane = piece / chunks, skipped = piece % chunks * kChunk;
          const std::int64_t count = std::min(planes.channel_count(plane) - skipped, kChunk);
          float* sums = static_cast<float*>(buffers.outputs[0]) + planes.first_channel(plane) + skipped;
          const float* from = static_cast<const float*>(buffers.inputs[0]) + plane * plane_size + skipped;
          std::fill_n(sums, count, 0.0F);
          for (std::int64_t n = 0; n < planes.batch; ++n, from += planes.per_picture() * plane_size) {
            float of_picture[kChunk];
            sum_pixels(from, planes.pixels(), planes.blocks.block, count, of_picture);
            for (std::int64_t c = 0; c < count; ++c) sums[c] += of_picture[c];
          }
        }
      });
}

}  // namespace

void add_conv_transpose_kernels(KernelTable& table) {
  table["ConvTranspose"] = make_transpose;
  table["ConvTransposeGradBias"] = make_grad_bias;
}

}  // namespace thaw::cpu
