// CPU kernel of dropout: works in any order of the channels, because each element's draw is known by its place in the
// row-major tensor alone.
#include <algorithm>
#include <cstring>

#include "ops/device/cpu/host_kernel.h"
#include "ops/device/cpu/onednn_compat_order.h"
#include "ops/device/cpu/simd.h"
#include "ops/elementwise/families.h"
#include "ops/elementwise/philox.h"

namespace thaw::cpu {
namespace {

constexpr std::int64_t kPixels = 256;  // of a chunk: 256 pixels of 16 channels fit the first-level cache

struct Mask {
  std::uint64_t seed = 0;
  std::uint64_t threshold = 0;  ///< draws below it are dropped
  float scale = 1;
};

constexpr std::int64_t kBlocks = kPixels / 4 + 2;  // four draws each; a chunk may begin and end inside a block

/// The draws of `count` <= kBlocks blocks from `first` on, in their order.
THAW_SIMD_CLONES void draw(std::uint64_t seed, std::uint32_t step, std::uint64_t first, std::int64_t count,
                           std::uint32_t* draws) {
  std::uint32_t rows[4][kBlocks];  // draw k of each block: so the generator's loop writes without gaps
#pragma omp simd
  for (std::int64_t b = 0; b < count; ++b) {
    const functions::Draws found = functions::philox(seed, first + static_cast<std::uint64_t>(b), step);
    rows[0][b] = found.a;
    rows[1][b] = found.b;
    rows[2][b] = found.c;
    rows[3][b] = found.d;
  }
  for (std::int64_t b = 0; b < count; ++b) {
    for (std::int64_t k = 0; k < 4; ++k) draws[4 * b + k] = rows[k][b];
  }
}

/// y = x * mask, element by element.
THAW_SIMD_CLONES void apply(const Mask& mask, const std::uint32_t* draws, std::int64_t n, const float* x, float* y) {
  const auto threshold = static_cast<std::uint32_t>(mask.threshold);
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) {
    const float kept = x[i] * mask.scale;  // not inside the choice, which would become a branch
    y[i] = draws[i] < threshold ? 0.0F : kept;
  }
}

/// y = x * mask for `n` <= kPixels elements that follow each other row-major from `first` on and lie `stride` apart.
void drop(const Mask& mask, std::uint32_t step, std::int64_t first, std::int64_t n, std::int64_t stride, const float* x,
          float* y) {
  std::uint32_t draws[4 * kBlocks];
  const std::int64_t skipped = first % 4;
  draw(mask.seed, step, static_cast<std::uint64_t>(first / 4), (skipped + n + 3) / 4, draws);
  if (stride == 1) {
    apply(mask, draws + skipped, n, x, y);
    return;
  }
  // Brought side by side first: a choice for each element apart would be a branch that is guessed wrong half the time.
  float row[kPixels];
  for (std::int64_t i = 0; i < n; ++i) row[i] = x[i * stride];
  apply(mask, draws + skipped, n, row, row);
  for (std::int64_t i = 0; i < n; ++i) y[i * stride] = row[i];
}

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
      for (std::int64_t c = 0; c < count; c += kPixels) {
        drop(mask_, step, n * order_.channels + channel + c, std::min(kPixels, count - c), 1, x_ + at + c, y_ + at + c);
      }
      std::fill(y_ + at + count, y_ + at + order_.block, 0.0F);
      return;
    }
    for (std::int64_t lane = 0; lane < order_.block; ++lane) {
      const std::int64_t channel = outer * order_.block + lane;
      if (channel < order_.channels) {
        drop(mask_, step, (n * order_.channels + channel) * order_.spatial + first, pixels, order_.block,
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
