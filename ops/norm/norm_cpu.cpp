// CPU kernels of normalization within a sample, on row-major tensors.
#include <algorithm>
#include <cmath>

#include "ops/device/cpu/host_kernel.h"
#include "ops/device/cpu/kernels.h"
#include "ops/norm/norm.h"
#include "ops/norm/norm_kernels.h"

namespace thaw::cpu {
namespace {

struct Statistics {
  float mean, inverse;  ///< inverse of the standard deviation
};

Statistics statistics_of(const NormRows& rows, const float* x) {
  double sum = 0, squares = 0;
  for (std::int64_t i = 0; i < rows.length; ++i) sum += x[i];
  const double mean = sum / static_cast<double>(rows.length);
  for (std::int64_t i = 0; i < rows.length; ++i) squares += (x[i] - mean) * (x[i] - mean);
  return {static_cast<float>(mean),
          static_cast<float>(1 / std::sqrt(squares / static_cast<double>(rows.length) + rows.epsilon))};
}

std::unique_ptr<Kernel> make_rows(BindContext& context) {
  const NormRows rows = NormRows::of(context.node(), context.input_type(0).shape);
  const bool gives_statistics = context.node().outputs.size() == 3;
  return make_host_kernel(context, [=](const Buffers& b) {
    const float* scale = floats(b.inputs[1]);
    const float* bias = b.inputs.size() > 2 && b.inputs[2] ? floats(b.inputs[2]) : nullptr;
#pragma omp parallel for schedule(static)
    for (std::int64_t r = 0; r < rows.rows; ++r) {
      const float* x = floats(b.inputs[0]) + r * rows.length;
      float* y = mutable_floats(b.outputs[0]) + r * rows.length;
      const Statistics s = statistics_of(rows, x);
      for (std::int64_t i = 0; i < rows.length; ++i) {
        const std::int64_t k = rows.scale_of(r, i);
        y[i] = (x[i] - s.mean) * s.inverse * scale[k] + (bias ? bias[k] : 0.0F);
      }
      if (gives_statistics) {
        mutable_floats(b.outputs[1])[r] = s.mean;
        mutable_floats(b.outputs[2])[r] = s.inverse;
      }
    }
  });
}

/// dX of a row, and its share of dscale and dB.
void grad_row(const NormRows& rows, std::int64_t r, const Buffers& b) {
  const float* dy = floats(b.inputs[0]) + r * rows.length;
  const float* x = floats(b.inputs[1]) + r * rows.length;
  const float* scale = floats(b.inputs[2]);
  float* dx = mutable_floats(b.outputs[0]) + r * rows.length;
  const Statistics s = statistics_of(rows, x);
  double sum = 0, dot = 0;
  for (std::int64_t i = 0; i < rows.length; ++i) {
    const double g = dy[i] * scale[rows.scale_of(r, i)];
    sum += g;
    dot += g * (x[i] - s.mean) * s.inverse;
  }
  const auto mean = static_cast<float>(sum / static_cast<double>(rows.length));
  const auto slope = static_cast<float>(dot / static_cast<double>(rows.length));
  for (std::int64_t i = 0; i < rows.length; ++i) {
    const float normal = (x[i] - s.mean) * s.inverse;
    dx[i] = s.inverse * (dy[i] * scale[rows.scale_of(r, i)] - mean - normal * slope);
  }
}

std::unique_ptr<Kernel> make_rows_grad(BindContext& context) {
  const NormRows rows = NormRows::of(context.node(), context.input_type(1).shape);
  const std::int64_t scales = element_count(context.input_type(2).shape);
  return make_host_kernel(context, [=](const Buffers& b) {
#pragma omp parallel for schedule(static)
    for (std::int64_t r = 0; r < rows.rows; ++r) grad_row(rows, r, b);
    float* dscale = mutable_floats(b.outputs[1]);
    float* dbias = mutable_floats(b.outputs[2]);
    std::fill_n(dscale, scales, 0.0F);
    std::fill_n(dbias, scales, 0.0F);
    for (std::int64_t r = 0; r < rows.rows; ++r) {  // one after the other: the same sums for any number of threads
      const float* dy = floats(b.inputs[0]) + r * rows.length;
      const float* x = floats(b.inputs[1]) + r * rows.length;
      const Statistics s = statistics_of(rows, x);
      for (std::int64_t i = 0; i < rows.length; ++i) {
        const std::int64_t k = rows.scale_of(r, i);
        dscale[k] += dy[i] * (x[i] - s.mean) * s.inverse;
        dbias[k] += dy[i];
      }
    }
  });
}

/// Local response normalization: how much lies in the neighbouring channels of each element.
struct LrnGeometry {
  std::int64_t batch, channels, spatial, size;
  float alpha, beta, bias;

  LrnGeometry(const Attributes& attributes, const Shape& x)
      : batch(x[0]),
        channels(x[1]),
        spatial(element_count(Shape(x.begin() + 2, x.end()))),
        size(attributes.integer("size")),
        alpha(static_cast<float>(attributes.real("alpha", 1e-4))),
        beta(static_cast<float>(attributes.real("beta", 0.75))),
        bias(static_cast<float>(attributes.real("bias", 1))) {}

  std::int64_t first(std::int64_t c) const { return std::max<std::int64_t>(c - (size - 1) / 2, 0); }
  std::int64_t last(std::int64_t c) const { return std::min(c + size / 2, channels - 1); }
  /// bias + alpha / size * sum of squares, at one pixel of a sample's plane x.
  float denominator(const float* x, std::int64_t c, std::int64_t at) const {
    float sum = 0;
    for (std::int64_t i = first(c); i <= last(c); ++i) sum += x[i * spatial + at] * x[i * spatial + at];
    return bias + alpha / static_cast<float>(size) * sum;
  }
};

std::unique_ptr<Kernel> make_lrn(BindContext& context) {
  const LrnGeometry g(context.node().attributes, context.input_type(0).shape);
  return make_host_kernel(context, [=](const Buffers& b) {
#pragma omp parallel for schedule(static)
    for (std::int64_t row = 0; row < g.batch * g.channels; ++row) {
      const std::int64_t n = row / g.channels, c = row % g.channels;
      const float* x = floats(b.inputs[0]) + n * g.channels * g.spatial;
      float* y = mutable_floats(b.outputs[0]) + row * g.spatial;
      for (std::int64_t at = 0; at < g.spatial; ++at)
        y[at] = x[c * g.spatial + at] * std::pow(g.denominator(x, c, at), -g.beta);
    }
  });
}

std::unique_ptr<Kernel> make_lrn_grad(BindContext& context) {
  const LrnGeometry g(context.node().attributes, context.input_type(1).shape);
  return make_host_kernel(context, [=](const Buffers& b) {
#pragma omp parallel for schedule(static)
    for (std::int64_t row = 0; row < g.batch * g.channels; ++row) {
      const std::int64_t n = row / g.channels, c = row % g.channels, sample = n * g.channels * g.spatial;
      const float* dy = floats(b.inputs[0]) + sample;
      const float* x = floats(b.inputs[1]) + sample;
      float* dx = mutable_floats(b.outputs[0]) + row * g.spatial;
      for (std::int64_t at = 0; at < g.spatial; ++at) {
        float sum = 0;  // over the channels in whose neighbourhood this one lies
        for (std::int64_t i = std::max<std::int64_t>(c - g.size / 2, 0);
             i <= std::min(c + (g.size - 1) / 2, g.channels - 1); ++i) {
          sum += dy[i * g.spatial + at] * x[i * g.spatial + at] * std::pow(g.denominator(x, i, at), -g.beta - 1);
        }
        const float own = dy[c * g.spatial + at] * std::pow(g.denominator(x, c, at), -g.beta);
        dx[at] = own - 2 * g.alpha * g.beta / static_cast<float>(g.size) * x[c * g.spatial + at] * sum;
      }
    }
  });
}

}  // namespace

void add_norm_kernels(KernelTable& table) {
  add_batch_norm_kernels(table);
  for (const char* name : {"LayerNormalization", "GroupNormalization", "InstanceNormalization"}) {
    table[name] = make_rows;
    table[std::string(name) + "Grad"] = make_rows_grad;
  }
  table["LRN"] = make_lrn;
  table["LRNGrad"] = make_lrn_grad;
}

}  // namespace thaw::cpu
