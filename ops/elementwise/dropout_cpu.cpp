// CPU kernel of dropout: works in any order of the channels, because each element's draw is known by its place in the
// row-major tensor alone.
#include <Random123/philox.h>

#include <algorithm>
#include <cstring>

#include "ops/device/cpu/host_kernel.h"
#include "ops/device/cpu/onednn_compat_order.h"
#include "ops/elementwise/families.h"

namespace thaw::cpu {
namespace {

constexpr std::int64_t kPixels = 64;  // of a chunk: 64 pixels of 16 channels fit the first-level cache

struct Mask {
  std::uint64_t seed = 0;
  std::uint64_t threshold = 0;  ///< draws below it are dropped
  float scale = 1;

  /// y = x * mask for `n` elements that follow each other row-major from `first` on and lie `stride` apart.
  void apply(std::uint32_t step, std::int64_t first, std::int64_t n, std::int64_t stride, const float* x,
             float* y) const {
    using Philox = r123::Philox4x32;
    const Philox::key_type key{{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}};
    for (std::int64_t i = 0; i < n;) {
      const auto block = static_cast<std::uint64_t>(first + i) / 4;
      const auto draws =
          Philox()({{static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32), step, 0}}, key);
      for (auto k = static_cast<std::size_t>((first + i) % 4); k < 4 && i < n; ++k, ++i) {
        y[i * stride] = draws[k] < threshold ? 0.0F : x[i * stride] * scale;
      }
    }
  }
};

class Dropout : public Kernel {
 public:
  Dropout(Mask mask, ChannelOrder order) : mask_(mask), order_(std::move(order)) {}

  void attach(const Buffers& buffers) override {
    x_ = floats(buffers.inputs[0]);
    step_ = static_cast<const std::int32_t*>(buffers.inputs[1]);
    y_ = mutable_floats(buffers.outputs[0]);
  }

  void run() override {
    const std::int64_t chunks = (order_.spatial + kPixels - 1) / kPixels;
    const auto step = static_cast<std::uint32_t>(*step_);
#pragma omp parallel for schedule(static)
    for (std::int64_t item = 0; item < order_.batch * order_.outer * chunks; ++item) {
      const std::int64_t first = item % chunks * kPixels, block = item / chunks;
      run_chunk(step, block / order_.outer, block % order_.outer, first, std::min(kPixels, order_.spatial - first));
    }
  }

 private:
  void run_chunk(std::uint32_t step, std::int64_t n, std::int64_t outer, std::int64_t first, std::int64_t pixels) {
    const std::int64_t at = ((n * order_.outer + outer) * order_.spatial + first) * order_.block;
    if (order_.spatial == 1) {  // the channels of a block follow each other
      const std::int64_t channel = outer * order_.block, count = std::min(order_.block, order_.channels - channel);
      mask_.apply(step, n * order_.channels + channel, count, 1, x_ + at, y_ + at);
      std::fill(y_ + at + count, y_ + at + order_.block, 0.0F);
      return;
    }
    for (std::int64_t lane = 0; lane < order_.block; ++lane) {
      const std::int64_t channel = outer * order_.block + lane;
      if (channel < order_.channels) {
        mask_.apply(step, (n * order_.channels + channel) * order_.spatial + first, pixels, order_.block,
                    x_ + at + lane, y_ + at + lane);
      } else {
        for (std::int64_t i = 0; i < pixels; ++i) y_[at + i * order_.block + lane] = 0;
      }
    }
  }

  Mask mask_;
  ChannelOrder order_;
  const float* x_ = nullptr;
  const std::int32_t* step_ = nullptr;
  float* y_ = nullptr;
};

/// Any layout that has an order of channels; else row-major, as one row.
std::unique_ptr<Kernel> make_dropout(BindContext& context) {
  LayoutPtr layout = input_layout_or_plain(context, 0);
  auto order = channel_order(desc_of(layout));
  if (!order || order->is_row_major) {
    layout = layout_of(plain_desc(context.input_type(0)));
    order = ChannelOrder();
    order->spatial = element_count(context.input_type(0).shape);
  }
  context.want_input(0, layout);
  context.give_output(0, layout);
  if (!context.has_input(1)) {
    const std::size_t bytes = layout->bytes();
    return std::make_unique<HostKernel>([=](const Buffers& b) {
      if (b.inputs[0] != b.outputs[0]) std::memcpy(b.outputs[0], b.inputs[0], bytes);
    });
  }
  context.want_input(1, layout_of(plain_desc(context.input_type(1))));
  const double ratio = context.node().attributes.real("ratio", 0.5);
  const Mask mask{static_cast<std::uint64_t>(context.node().attributes.integer("seed")),
                  static_cast<std::uint64_t>(ratio * 4294967296.0), static_cast<float>(1 / (1 - ratio))};
  return std::make_unique<Dropout>(mask, *order);
}

}  // namespace

void add_dropout_kernels(KernelTable& table) { table["Dropout"] = make_dropout; }

}  // namespace thaw::cpu
