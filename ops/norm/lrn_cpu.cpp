// CPU kernels of local response normalization. A pixel's channels are gathered side by side, so that every loop runs
// over neighbouring channels whatever the layout; row-major pictures are asked for as channels-last.
#include <omp.h>

#include <algorithm>
#include <cmath>

#include "ops/device/cpu/host_kernel.h"
#include "ops/device/cpu/onednn_compat.h"
#include "ops/device/cpu/simd.h"
#include "ops/norm/norm_kernels.h"

namespace thaw::cpu {
namespace {

struct Response {
  std::int64_t size, before, after;  ///< channels in a window, and how many of them lie before and after its own
  float alpha, beta, bias;           ///< alpha already divided by size

  explicit Response(const Attributes& attributes) {
    size = attributes.integer("size");
    before = (size - 1) / 2;
    after = size - 1 - before;
    alpha = static_cast<float>(attributes.real("alpha", 1e-4) / static_cast<double>(size));
    beta = static_cast<float>(attributes.real("beta", 0.75));
    bias = static_cast<float>(attributes.real("bias", 1));
  }
};

/// sums[c] = x[c] + ... + x[c + size - 1]
THAW_SIMD_CLONES void window_sums(const float* __restrict x, float* __restrict sums, std::int64_t channels,
                                  std::int64_t size) {
  std::copy_n(x, channels, sums);
  for (std::int64_t k = 1; k < size; ++k) {
    for (std::int64_t c = 0; c < channels; ++c) sums[c] += x[c + k];
  }
}

/// sums becomes the denominator's inverse, (bias + alpha * sums)^-beta; `base` what was raised.
THAW_SIMD_CLONES void raise(const Response& r, float* __restrict sums, float* __restrict base, std::int64_t channels) {
  for (std::int64_t c = 0; c < channels; ++c) base[c] = r.bias + r.alpha * sums[c];
  if (r.beta == 0.75F) {
    for (std::int64_t c = 0; c < channels; ++c) {
      const float root = 1 / std::sqrt(base[c]);
      sums[c] = root * std::sqrt(root);
    }
  } else {
    for (std::int64_t c = 0; c < channels; ++c) sums[c] = std::pow(base[c], -r.beta);
  }
}

/// One pixel's rows of numbers, with room for windows that reach beyond the first and the last channel.
struct Rows {
  float *x, *dy, *squares, *sums, *base, *result;

  static std::int64_t length(const Response& r, std::int64_t channels) { return channels + r.size; }
  static std::int64_t total(const Response& r, std::int64_t channels) { return 6 * length(r, channels); }
  Rows(const Response& r, std::int64_t channels, float* memory) {
    for (float** row : {&x, &dy, &squares, &sums, &base, &result}) {
      *row = memory;
      memory += length(r, channels);
    }
  }
};

THAW_SIMD_CLONES void respond(const Response& r, const Rows& rows, std::int64_t channels) {
  for (std::int64_t c = 0; c < channels; ++c) rows.squares[r.before + c] = rows.x[c] * rows.x[c];
  window_sums(rows.squares, rows.sums, channels, r.size);
  raise(r, rows.sums, rows.base, channels);
}

/// dx[c] = dy[c] s^-beta - 2 alpha beta x[c] * (sum over the windows i that hold c of dy[i] x[i] s[i]^(-beta - 1))
THAW_SIMD_CLONES void respond_back(const Response& r, const Rows& rows, std::int64_t channels) {
  respond(r, rows, channels);
  for (std::int64_t c = 0; c < channels; ++c) rows.result[c] = rows.dy[c] * rows.sums[c];
  // The squares' margins are zero and wide enough; window i holds c if i = c - after .. c + before.
  std::fill_n(rows.squares, channels + r.size, 0.0F);
  for (std::int64_t c = 0; c < channels; ++c) {
    rows.squares[r.after + c] = rows.result[c] * rows.x[c] / rows.base[c];
  }
  window_sums(rows.squares, rows.sums, channels, r.size);
  const float factor = 2 * r.alpha * r.beta;
  for (std::int64_t c = 0; c < channels; ++c) rows.result[c] -= factor * rows.x[c] * rows.sums[c];
}

/// A batch of pixels: a pixel's channels lie in `blocks` runs of `block`, `stride` apart.
struct Pixels {
  std::int64_t samples, channels, per_sample, blocks, block, stride;

  std::int64_t at(std::int64_t pixel) const {
    return pixel / per_sample * blocks * stride + pixel % per_sample * block;
  }
  void gather(const float* from, float* to) const {
    for (std::int64_t b = 0; b < blocks; ++b) std::copy_n(from + b * stride, width(b), to + b * block);
  }
  void scatter(const float* from, float* to) const {
    for (std::int64_t b = 0; b < blocks; ++b) {
      std::copy_n(from + b * block, width(b), to + b * stride);
      std::fill_n(to + b * stride + width(b), block - width(b), 0.0F);
    }
  }

 private:
  std::int64_t width(std::int64_t b) const { return std::min(block, channels - b * block); }
};

std::unique_ptr<Kernel> make_lrn(BindContext& context, bool is_gradient) {
  const Response r(context.node().attributes);
  const int x_input = is_gradient ? 1 : 0;
  const Shape& shape = context.input_type(x_input).shape;
  // A tensor of another rank is a picture of one row; it is row-major anyway.
  Pixels pixels{shape[0], shape[1], element_count(Shape(shape.begin() + 2, shape.end())), shape[1], 1, 0};
  pixels.stride = pixels.per_sample;
  LayoutPtr layout = layout_of(plain_desc(context.input_type(x_input)));
  if (shape.size() == 4) {
    layout = input_layout_or_plain(context, x_input);
    auto blocks = find_channel_blocks(desc_of(layout));
    if (!blocks || blocks->block == 1) {
      layout = layout_of(channels_last_desc(shape));
      blocks = channel_blocks(desc_of(layout));
    }
    pixels.block = blocks->block;
    pixels.blocks = blocks->outer / shape[0];
    pixels.stride = blocks->height * blocks->width * blocks->block;
  }
  for (int i = 0; i <= x_input; ++i) context.want_input(i, layout);
  context.give_output(0, layout);
  const std::int64_t row_numbers = Rows::total(r, shape[1]);
  context.want_scratch(static_cast<std::size_t>(omp_get_max_threads() * row_numbers) * sizeof(float));
  return std::make_unique<HostKernel>([=](const Buffers& b) {
#pragma omp parallel
    {
      float* memory = mutable_floats(b.scratch) + omp_get_thread_num() * row_numbers;
      const Rows rows(r, pixels.channels, memory);
#pragma omp for schedule(static)
      for (std::int64_t pixel = 0; pixel < pixels.samples * pixels.per_sample; ++pixel) {
        const std::int64_t at = pixels.at(pixel);
        std::fill_n(rows.squares, pixels.channels + r.size, 0.0F);
        pixels.gather(floats(b.inputs[static_cast<std::size_t>(x_input)]) + at, rows.x);
        if (is_gradient) {
          pixels.gather(floats(b.inputs[0]) + at, rows.dy);
          respond_back(r, rows, pixels.channels);
        } else {
          respond(r, rows, pixels.channels);
          for (std::int64_t c = 0; c < pixels.channels; ++c) rows.result[c] = rows.x[c] * rows.sums[c];
        }
        pixels.scatter(rows.result, mutable_floats(b.outputs[0]) + at);
      }
    }
  });
}

}  // namespace

void add_lrn_kernels(KernelTable& table) {
  table["LRN"] = [](BindContext& context) { return make_lrn(context, false); };
  table["LRNGrad"] = [](BindContext& context) { return make_lrn(context, true); };
}

}  // namespace thaw::cpu
