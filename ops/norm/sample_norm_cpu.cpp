// CPU kernels of layer, instance and group normalization, on row-major tensors: what is normalized together is one
// contiguous stretch. The inner loops are those of batch normalization, with one channel to a piece.
#include <cmath>

#include "ops/axis.h"
#include "ops/device/cpu/host_kernel.h"
#include "ops/device/cpu/simd.h"
#include "ops/norm/channel_loops.h"
#include "ops/norm/norm.h"
#include "ops/norm/norm_kernels.h"

namespace thaw::cpu {
namespace {

/// `count` numbers side by side that all belong together.
Piece stretch(std::int64_t offset, std::int64_t count) {
  Piece piece;
  piece.offset = offset;
  piece.rows = (count + kLanes - 1) / kLanes;
  piece.last_lanes = static_cast<int>(count - (piece.rows - 1) * kLanes);
  piece.block = 1;
  piece.count = count;
  return piece;
}

/// Every lane the same number.
LaneNumbers all_lanes(float number) {
  LaneNumbers numbers;
  for (float& value : numbers.values) value = number;
  return numbers;
}

struct Statistics {
  float mean, inverse_deviation;
};

Statistics statistics_of(const Piece& piece, const float* x, double epsilon) {
  const Moments found = moments(piece, x);
  const auto count = static_cast<double>(piece.count);
  const double rest = found.rest.values[0] / count;
  const double variance = found.squares.values[0] / count - rest * rest;
  return {static_cast<float>(found.guess.values[0] + rest), static_cast<float>(1 / std::sqrt(variance + epsilon))};
}

// Layer normalization: rows of `length` numbers, each with its own scale.

THAW_SIMD_CLONES void layer_row(const float* x, const float* scale, const float* bias, const Statistics& row, float* y,
                                std::int64_t length) {
  for (std::int64_t i = 0; i < length; ++i) {
    const float normal = (x[i] - row.mean) * row.inverse_deviation * scale[i];
    y[i] = bias ? normal + bias[i] : normal;
  }
}

/// dX of a row; adds to its sums for dscale and dB.
THAW_SIMD_CLONES void layer_grad_row(const float* __restrict dy, const float* __restrict x,
                                     const float* __restrict scale, const Statistics& row, float* __restrict dx,
                                     float* __restrict dscale, float* __restrict dbias, std::int64_t length) {
  const float mean = row.mean, inverse = row.inverse_deviation;
  float sum = 0, sum_normal = 0;
#pragma omp simd reduction(+ : sum, sum_normal)
  for (std::int64_t i = 0; i < length; ++i) {
    const float normal = (x[i] - mean) * inverse, grad = dy[i] * scale[i];
    dscale[i] += dy[i] * normal;
    dbias[i] += dy[i];
    sum += grad;
    sum_normal += grad * normal;
  }
  const auto count = static_cast<float>(length);
  sum /= count;
  sum_normal /= count;
  for (std::int64_t i = 0; i < length; ++i) {
    dx[i] = inverse * (dy[i] * scale[i] - sum - (x[i] - mean) * inverse * sum_normal);
  }
}

struct Rows {
  std::int64_t count, length;

  Rows(const Attributes& attributes, const Shape& x) {
    const std::size_t axis = axis_index(attributes.integer("axis", -1), x.size());
    const auto middle = x.begin() + static_cast<std::ptrdiff_t>(axis);
    count = element_count(Shape(x.begin(), middle));
    length = element_count(Shape(middle, x.end()));
  }
};

std::unique_ptr<Kernel> make_layer(BindContext& context) {
  const Rows rows(context.node().attributes, context.input_type(0).shape);
  const double epsilon = epsilon_of(context.node().attributes);
  const bool has_bias = context.has_input(2);
  return make_host_kernel(context, [=](const Buffers& b) {
    const float* bias = has_bias ? floats(b.inputs[2]) : nullptr;
#pragma omp parallel for schedule(static)
    for (std::int64_t r = 0; r < rows.count; ++r) {
      const float* x = floats(b.inputs[0]) + r * rows.length;
      const Statistics row = statistics_of(stretch(0, rows.length), x, epsilon);
      mutable_floats(b.outputs[1])[r] = row.mean;
      mutable_floats(b.outputs[2])[r] = row.inverse_deviation;
      layer_row(x, floats(b.inputs[1]), bias, row, mutable_floats(b.outputs[0]) + r * rows.length, rows.length);
    }
  });
}

/// Rows are shared out in 16 parts whatever the number of threads, and the parts' sums added in order.
std::unique_ptr<Kernel> make_layer_grad(BindContext& context) {
  constexpr std::int64_t kParts = 16;
  const Rows rows(context.node().attributes, context.input_type(1).shape);
  const bool has_bias = context.node().attributes.integer("has_bias") != 0;
  context.want_scratch(static_cast<std::size_t>(kParts * 2 * rows.length) * sizeof(float));
  return make_host_kernel(context, [=](const Buffers& b) {
    float* sums = mutable_floats(b.scratch);
#pragma omp parallel for schedule(static)
    for (std::int64_t part = 0; part < kParts; ++part) {
      float* dscale = sums + part * 2 * rows.length;
      float* dbias = dscale + rows.length;
      std::fill_n(dscale, 2 * rows.length, 0.0F);
      for (std::int64_t r = rows.count * part / kParts; r < rows.count * (part + 1) / kParts; ++r) {
        const Statistics row{floats(b.inputs[3])[r], floats(b.inputs[4])[r]};
        const std::int64_t at = r * rows.length;
        layer_grad_row(floats(b.inputs[0]) + at, floats(b.inputs[1]) + at, floats(b.inputs[2]), row,
                       mutable_floats(b.outputs[0]) + at, dscale, dbias, rows.length);
      }
    }
    for (std::int64_t i = 0; i < (has_bias ? 2 : 1) * rows.length; ++i) {
      float sum = 0;
      for (std::int64_t part = 0; part < kParts; ++part) sum += sums[part * 2 * rows.length + i];
      const bool is_scale = i < rows.length;
      mutable_floats(b.outputs[is_scale ? 1 : 2])[is_scale ? i : i - rows.length] = sum;
    }
  });
}

/// X as [sample][group][channel in group][pixels].
struct Groups {
  std::int64_t samples, groups, channels, pixels;  // channels of one group

  Groups(const Shape& x, std::int64_t num_groups)
      : samples(x[0]),
        groups(num_groups),
        channels(x[1] / num_groups),
        pixels(element_count(Shape(x.begin() + 2, x.end()))) {}
  std::int64_t length() const { return channels * pixels; }
};

std::unique_ptr<Kernel> make_group(BindContext& context, bool is_instance) {
  const Shape& x_shape = context.input_type(0).shape;
  const Attributes& attributes = context.node().attributes;
  const Groups g(x_shape, is_instance ? x_shape[1] : attributes.integer("num_groups"));
  const double epsilon = epsilon_of(attributes);
  return make_host_kernel(context, [=](const Buffers& b) {
#pragma omp parallel for schedule(static)
    for (std::int64_t i = 0; i < g.samples * g.groups; ++i) {
      const Statistics group = statistics_of(stretch(i * g.length(), g.length()), floats(b.inputs[0]), epsilon);
      for (std::int64_t c = 0; c < g.channels; ++c) {
        const std::int64_t channel = i % g.groups * g.channels + c;
        const Mapping mapping{all_lanes(group.mean), all_lanes(floats(b.inputs[1])[channel] * group.inverse_deviation),
                              all_lanes(floats(b.inputs[2])[channel])};
        map_rows(stretch(i * g.length() + c * g.pixels, g.pixels), floats(b.inputs[0]), mapping,
                 mutable_floats(b.outputs[0]));
      }
    }
  });
}

/// With M numbers a group, x^ = (x - mean) / deviation:
///   dX = (scale dY - sum(scale dY) / M - x^ sum(scale dY x^) / M) / deviation
std::unique_ptr<Kernel> make_group_grad(BindContext& context) {
  const Attributes& attributes = context.node().attributes;
  const Groups g(context.input_type(1).shape, attributes.integer("num_groups"));
  const double epsilon = epsilon_of(attributes);
  const std::int64_t channels = g.groups * g.channels;
  context.want_scratch(static_cast<std::size_t>(2 * g.samples * channels) * sizeof(float));
  return make_host_kernel(context, [=](const Buffers& b) {
    const float* dy = floats(b.inputs[0]);
    const float* x = floats(b.inputs[1]);
    const float* scale = floats(b.inputs[2]);
    float* dscales = mutable_floats(b.scratch);  // [sample][channel], then the same for biases
    float* dbiases = dscales + g.samples * channels;
#pragma omp parallel for schedule(static)
    for (std::int64_t i = 0; i < g.samples * g.groups; ++i) {
      const Statistics group = statistics_of(stretch(i * g.length(), g.length()), x, epsilon);
      Mapping mapping{all_lanes(group.mean), {}, {}};
      double sum = 0, sum_normal = 0;
      for (std::int64_t c = 0; c < g.channels; ++c) {
        LaneNumbers plain, centered;
        grad_sums(stretch(i * g.length() + c * g.pixels, g.pixels), dy, x, mapping, plain, centered);
        const std::int64_t at = i * g.channels + c;
        dbiases[at] = plain.values[0];
        dscales[at] = centered.values[0] * group.inverse_deviation;
        sum += static_cast<double>(scale[at % channels]) * dbiases[at];
        sum_normal += static_cast<double>(scale[at % channels]) * dscales[at];
      }
      const double inverse = group.inverse_deviation, count = static_cast<double>(g.length());
      const LaneNumbers slope = all_lanes(static_cast<float>(-inverse * inverse * sum_normal / count));
      const LaneNumbers offset = all_lanes(static_cast<float>(-inverse * sum / count));
      for (std::int64_t c = 0; c < g.channels; ++c) {
        mapping.scale = all_lanes(scale[(i * g.channels + c) % channels] * group.inverse_deviation);
        grad_map(stretch(i * g.length() + c * g.pixels, g.pixels), dy, x, mapping, slope, offset,
                 mutable_floats(b.outputs[0]));
      }
    }
    for (std::int64_t c = 0; c < channels; ++c) {
      float sum_scale = 0, sum_bias = 0;
      for (std::int64_t n = 0; n < g.samples; ++n) {
        sum_scale += dscales[n * channels + c];
        sum_bias += dbiases[n * channels + c];
      }
      mutable_floats(b.outputs[1])[c] = sum_scale;
      mutable_floats(b.outputs[2])[c] = sum_bias;
    }
  });
}

}  // namespace

void add_sample_norm_kernels(KernelTable& table) {
  table["LayerNormalization"] = make_layer;
  table["LayerNormalizationGrad"] = make_layer_grad;
  table["InstanceNormalization"] = [](BindContext& context) { return make_group(context, true); };
  table["GroupNormalization"] = [](BindContext& context) { return make_group(context, false); };
  table["GroupNormalizationGrad"] = make_group_grad;
}

}  // namespace thaw::cpu
