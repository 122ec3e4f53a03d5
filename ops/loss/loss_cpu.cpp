// CPU kernels of the losses: one row a sample; the equations stand in loss.cpp.
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "ops/device/cpu/host_kernel.h"
#include "ops/device/cpu/kernels.h"
#include "ops/loss/class_loss.h"

namespace thaw::cpu {
namespace {

struct Rows {
  std::int64_t count, length;
  static Rows of(const TensorType& type) { return {type.shape[0], type.shape[1]}; }
};

/// A loss that is the mean over a row of value(y, t).
template <typename Function>
std::unique_ptr<Kernel> make_mean_loss(BindContext& context, Function value) {
  const Rows rows = Rows::of(context.input_type(0));
  return make_host_kernel(context, [=](const Buffers& b) {
    for (std::int64_t n = 0; n < rows.count; ++n) {
      const float* y = floats(b.inputs[0]) + n * rows.length;
      const float* t = floats(b.inputs[1]) + n * rows.length;
      float sum = 0;
      for (std::int64_t k = 0; k < rows.length; ++k) sum += value(y[k], t[k]);
      mutable_floats(b.outputs[0])[n] = sum / static_cast<float>(rows.length);
    }
  });
}

/// Its gradient: dL * slope(y, t) / length.
template <typename Function>
std::unique_ptr<Kernel> make_mean_loss_grad(BindContext& context, Function slope) {
  const Rows rows = Rows::of(context.input_type(1));
  return make_host_kernel(context, [=](const Buffers& b) {
    for (std::int64_t n = 0; n < rows.count; ++n) {
      const float scale = floats(b.inputs[0])[n] / static_cast<float>(rows.length);
      for (std::int64_t k = 0; k < rows.length; ++k) {
        const std::int64_t at = n * rows.length + k;
        mutable_floats(b.outputs[0])[at] = scale * slope(floats(b.inputs[1])[at], floats(b.inputs[2])[at]);
      }
    }
  });
}

float sigmoid(float x) { return 1.0F / (1.0F + std::exp(-x)); }

/// -(t log p + (1-t) log(1-p)) with p = sigmoid(x), in a form that neither overflows nor cancels.
float sigmoid_loss(float x, float t) { return std::max(x, 0.0F) - x * t + std::log1p(std::exp(-std::abs(x))); }

/// Label smoothing of a yes or no: moves the truth towards 1/2.
struct Smoothing {
  float share;

  explicit Smoothing(const BindContext& context)
      : share(static_cast<float>(context.node().attributes.real("label_smoothing"))) {}
  float of(float t) const { return t * (1.0F - share) + 0.5F * share; }
};

std::unique_ptr<Kernel> make_sigmoid_loss(BindContext& context) {
  const Smoothing smoothing(context);
  return make_mean_loss(context, [=](float x, float t) { return sigmoid_loss(x, smoothing.of(t)); });
}

std::unique_ptr<Kernel> make_sigmoid_loss_grad(BindContext& context) {
  const Smoothing smoothing(context);
  return make_mean_loss_grad(context, [=](float x, float t) { return sigmoid(x) - smoothing.of(t); });
}

std::unique_ptr<Kernel> make_huber(BindContext& context) {
  const auto delta = static_cast<float>(context.node().attributes.real("delta", 1));
  return make_mean_loss(context, [=](float y, float t) {
    const float d = std::abs(y - t);
    return d <= delta ? 0.5F * d * d : delta * (d - 0.5F * delta);
  });
}

std::unique_ptr<Kernel> make_huber_grad(BindContext& context) {
  const auto delta = static_cast<float>(context.node().attributes.real("delta", 1));
  return make_mean_loss_grad(context, [=](float y, float t) { return std::clamp(y - t, -delta, delta); });
}

std::unique_ptr<Kernel> make_weighted_mean(BindContext& context) {
  const std::int64_t count = context.input_type(0).shape[0];
  const double scale = context.node().attributes.real("scale", 1);
  return make_host_kernel(context, [=](const Buffers& b) {
    double sum = 0, weights = 0;
    for (std::int64_t n = 0; n < count; ++n) {
      const double weight = floats(b.inputs[1])[n];
      // Rows that only fill up a short batch may hold anything.
      if (weight != 0) sum += weight * floats(b.inputs[0])[n];
      weights += weight;
    }
    *mutable_floats(b.outputs[0]) = weights > 0 ? static_cast<float>(scale * sum / weights) : 0.0F;
  });
}

std::unique_ptr<Kernel> make_weighted_mean_grad(BindContext& context) {
  const std::int64_t count = context.input_type(1).shape[0];
  const double scale = context.node().attributes.real("scale", 1);
  return make_host_kernel(context, [=](const Buffers& b) {
    double weights = 0;
    for (std::int64_t n = 0; n < count; ++n) weights += floats(b.inputs[1])[n];
    const double factor = weights > 0 ? scale * *floats(b.inputs[0]) / weights : 0;
    for (std::int64_t n = 0; n < count; ++n) {
      mutable_floats(b.outputs[0])[n] = static_cast<float>(factor * floats(b.inputs[1])[n]);
    }
  });
}

}  // namespace

void add_loss_kernels(KernelTable& table) {
  add_class_loss_kernels(table);
  table["SigmoidCrossEntropyLoss"] = make_sigmoid_loss;
  table["SigmoidCrossEntropyLossGrad"] = make_sigmoid_loss_grad;
  table["MeanSquaredErrorLoss"] = [](BindContext& context) {
    return make_mean_loss(context, [](float y, float t) { return (y - t) * (y - t); });
  };
  table["MeanSquaredErrorLossGrad"] = [](BindContext& context) {
    return make_mean_loss_grad(context, [](float y, float t) { return 2 * (y - t); });
  };
  table["HuberLoss"] = make_huber;
  table["HuberLossGrad"] = make_huber_grad;
  table["WeightedMean"] = make_weighted_mean;
  table["WeightedMeanGrad"] = make_weighted_mean_grad;
}

}  // namespace thaw::cpu
