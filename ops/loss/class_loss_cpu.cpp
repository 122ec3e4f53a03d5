// CPU kernels of the losses of classes; the equations stand in class_loss.cpp. A sample's values are a row; pictures
// are worked on in columns of pixels side by side.
#include <algorithm>
#include <cmath>
#include <optional>

#include "ops/device/cpu/host_kernel.h"
#include "ops/device/cpu/simd.h"
#include "ops/elementwise/math.h"
#include "ops/loss/class_loss.h"
#include "ops/softmax/log_softmax_cpu.h"

namespace thaw::cpu {
namespace {

/// What a label says of a class.
struct Truth {
  std::int64_t classes = 1;
  float smoothing = 0;
  std::optional<std::int32_t> ignored;

  Truth(const Attributes& attributes, std::int64_t count)
      : classes(count), smoothing(static_cast<float>(attributes.real("label_smoothing"))) {
    if (attributes.has("ignore_index")) ignored = static_cast<std::int32_t>(attributes.integer("ignore_index"));
  }

  bool is_ignored(std::int32_t label) const { return ignored && *ignored == label; }
  bool is_class(std::int32_t label) const { return label >= 0 && label < classes; }
  /// Of every class.
  float spread() const { return smoothing / static_cast<float>(classes); }
  /// The truth's share of class `c`.
  float share(std::int64_t c, std::int32_t label) const { return (c == label ? 1.0F - smoothing : 0.0F) + spread(); }
  /// The label's weight where it counts.
  float weight(std::int32_t label, const float* weights) const {
    if (is_ignored(label)) return 0;
    return weights ? (is_class(label) ? weights[label] : 0.0F) : 1.0F;
  }
};

float weight_of(const float* weights, std::int64_t c) { return weights ? weights[c] : 1.0F; }

/// Sum over the classes of share * weight.
float total_share(const Truth& truth, std::int32_t label, const float* weights) {
  if (!weights) return truth.is_class(label) ? 1.0F : truth.smoothing;
  float sum = 0;
  for (std::int64_t c = 0; c < truth.classes; ++c) sum += truth.share(c, label) * weights[c];
  return sum;
}

/// Not softmax's own loop: this order of roundings is part of every training since the first, bit by bit.
void log_probabilities(const float* x, float* log_prob, std::int64_t classes) {
  const float top = *std::max_element(x, x + classes);
  float sum = 0;
  for (std::int64_t c = 0; c < classes; ++c) sum += std::exp(x[c] - top);
  const float log_sum = top + std::log(sum);
  for (std::int64_t c = 0; c < classes; ++c) log_prob[c] = x[c] - log_sum;
}

float row_loss(const Truth& truth, std::int32_t label, const float* weights, const float* log_prob) {
  float loss = 0;
  if (truth.is_ignored(label)) return loss;
  for (std::int64_t c = 0; c < truth.classes; ++c) {
    const float share = truth.share(c, label) * weight_of(weights, c);
    if (share > 0) loss -= share * log_prob[c];
  }
  return loss;
}

/// The same for `n` columns: what is spread over all classes, then the label's own.
THAW_SIMD_CLONES void column_losses(const Truth& truth, const std::int32_t* labels, const float* weights,
                                    const float* log_prob, std::int64_t stride, std::int64_t n, float* loss) {
  std::fill_n(loss, n, 0.0F);
  for (std::int64_t c = 0; c < truth.classes && truth.smoothing > 0; ++c) {
    const float share = truth.spread() * weight_of(weights, c);
    for (std::int64_t i = 0; i < n; ++i) loss[i] -= share * log_prob[c * stride + i];
  }
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int32_t label = labels[i];
    if (truth.is_ignored(label)) {
      loss[i] = 0;
    } else if (truth.is_class(label)) {
      loss[i] -= (1.0F - truth.smoothing) * weight_of(weights, label) * log_prob[label * stride + i];
    }
  }
}

std::unique_ptr<Kernel> make_softmax_loss(BindContext& context) {
  const AxisView view = AxisView::of(context.input_type(0).shape, 1);
  const Truth truth(context.node().attributes, view.length);
  const bool has_weights = context.has_input(2);
  return make_host_kernel(context, [=](const Buffers& b) {
    const float* weights = has_weights ? floats(b.inputs[2]) : nullptr;
    for_each_stretch(view, [&](std::int64_t outer, std::int64_t first, std::int64_t n) {
      const std::int64_t at = outer * view.length * view.inner + first, place = outer * view.inner + first;
      const auto* labels = static_cast<const std::int32_t*>(b.inputs[1]) + place;
      const float* x = floats(b.inputs[0]) + at;
      float* loss = mutable_floats(b.outputs[0]) + place;
      float* log_prob = mutable_floats(b.outputs[1]) + at;
      if (view.inner == 1) {
        log_probabilities(x, log_prob, view.length);
        *loss = row_loss(truth, *labels, weights, log_prob);
      } else {
        log_softmax_columns(x, log_prob, view.length, view.inner, n);
        column_losses(truth, labels, weights, log_prob, view.inner, n, loss);
      }
    });
  });
}

void row_gradient(const Truth& truth, std::int32_t label, const float* weights, const float* dl, const float* log_prob,
                  float* dx) {
  const float scale = truth.is_ignored(label) ? 0.0F : *dl, total = total_share(truth, label, weights);
  for (std::int64_t c = 0; c < truth.classes; ++c) {
    dx[c] = scale * (std::exp(log_prob[c]) * total - truth.share(c, label) * weight_of(weights, c));
  }
}

THAW_SIMD_CLONES void column_gradients(const Truth& truth, const std::int32_t* labels, const float* weights,
                                       const float* dl, const float* log_prob, std::int64_t stride, std::int64_t n,
                                       float* dx) {
  float scale[kSoftmaxColumns], total[kSoftmaxColumns];
  float all_weights = 0;
  for (std::int64_t c = 0; c < truth.classes; ++c) all_weights += weight_of(weights, c);
  for (std::int64_t i = 0; i < n; ++i) {
    scale[i] = truth.is_ignored(labels[i]) ? 0.0F : dl[i];
    const float own = truth.is_class(labels[i]) ? weight_of(weights, labels[i]) : 0.0F;
    total[i] = (1.0F - truth.smoothing) * own + truth.spread() * all_weights;
  }
  for (std::int64_t c = 0; c < truth.classes; ++c) {
    const float share = truth.spread() * weight_of(weights, c);
    const float own = (1.0F - truth.smoothing) * weight_of(weights, c);
    const float* from = log_prob + c * stride;
    float* to = dx + c * stride;
    for (std::int64_t i = 0; i < n; ++i) {
      to[i] = scale[i] * (functions::exp(from[i]) * total[i] - share - (labels[i] == c ? own : 0.0F));
    }
  }
}

std::unique_ptr<Kernel> make_softmax_loss_grad(BindContext& context) {
  const AxisView view = AxisView::of(context.input_type(1).shape, 1);
  const Truth truth(context.node().attributes, view.length);
  const bool has_weights = context.has_input(3);
  return make_host_kernel(context, [=](const Buffers& b) {
    const float* weights = has_weights ? floats(b.inputs[3]) : nullptr;
    for_each_stretch(view, [&](std::int64_t outer, std::int64_t first, std::int64_t n) {
      const std::int64_t at = outer * view.length * view.inner + first, place = outer * view.inner + first;
      const auto* labels = static_cast<const std::int32_t*>(b.inputs[2]) + place;
      const float* dl = floats(b.inputs[0]) + place;
      const float* log_prob = floats(b.inputs[1]) + at;
      float* dx = mutable_floats(b.outputs[0]) + at;
      if (view.inner == 1) {
        row_gradient(truth, *labels, weights, dl, log_prob, dx);
      } else {
        column_gradients(truth, labels, weights, dl, log_prob, view.inner, n, dx);
      }
    });
  });
}

/// What a row of shares says of a class.
struct Shares {
  const float* row;
  std::int64_t classes;
  float smoothing;

  float of(std::int64_t c) const { return (1.0F - smoothing) * row[c] + smoothing / static_cast<float>(classes); }
  float total() const {
    float sum = 0;
    for (std::int64_t c = 0; c < classes; ++c) sum += of(c);
    return sum;
  }
};

std::unique_ptr<Kernel> make_distribution_loss(BindContext& context) {
  const std::int64_t rows = context.input_type(0).shape[0], classes = context.input_type(0).shape[1];
  const auto smoothing = static_cast<float>(context.node().attributes.real("label_smoothing"));
  return make_host_kernel(context, [=](const Buffers& b) {
    for (std::int64_t n = 0; n < rows; ++n) {
      float* log_prob = mutable_floats(b.outputs[1]) + n * classes;
      log_probabilities(floats(b.inputs[0]) + n * classes, log_prob, classes);
      const Shares shares{floats(b.inputs[1]) + n * classes, classes, smoothing};
      float loss = 0;
      for (std::int64_t c = 0; c < classes; ++c) {
        // A class without a share says nothing, however improbable it is: 0 * -inf would be NaN.
        if (const float share = shares.of(c); share != 0) loss -= share * log_prob[c];
      }
      mutable_floats(b.outputs[0])[n] = loss;
    }
  });
}

std::unique_ptr<Kernel> make_distribution_loss_grad(BindContext& context) {
  const std::int64_t rows = context.input_type(1).shape[0], classes = context.input_type(1).shape[1];
  const auto smoothing = static_cast<float>(context.node().attributes.real("label_smoothing"));
  return make_host_kernel(context, [=](const Buffers& b) {
    for (std::int64_t n = 0; n < rows; ++n) {
      const Shares shares{floats(b.inputs[2]) + n * classes, classes, smoothing};
      const float* log_prob = floats(b.inputs[1]) + n * classes;
      const float scale = floats(b.inputs[0])[n], total = shares.total();
      for (std::int64_t c = 0; c < classes; ++c) {
        mutable_floats(b.outputs[0])[n * classes + c] = scale * (std::exp(log_prob[c]) * total - shares.of(c));
      }
    }
  });
}

std::unique_ptr<Kernel> make_likelihood(BindContext& context) {
  const AxisView view = AxisView::of(context.input_type(0).shape, 1);
  const Truth truth(context.node().attributes, view.length);
  const bool has_weights = context.has_input(2);
  return make_host_kernel(context, [=](const Buffers& b) {
    const float* weights = has_weights ? floats(b.inputs[2]) : nullptr;
    for_each_stretch(view, [&](std::int64_t outer, std::int64_t first, std::int64_t n) {
      for (std::int64_t i = first; i < first + n; ++i) {
        const std::int32_t label = static_cast<const std::int32_t*>(b.inputs[1])[outer * view.inner + i];
        const float* log_prob = floats(b.inputs[0]) + outer * view.length * view.inner + i;
        const bool counts = truth.is_class(label) && !truth.is_ignored(label);
        mutable_floats(b.outputs[0])[outer * view.inner + i] =
            counts ? -weight_of(weights, label) * log_prob[label * view.inner] : 0.0F;
      }
    });
  });
}

std::unique_ptr<Kernel> make_likelihood_grad(BindContext& context) {
  const AxisView view = AxisView::of(context.output_type(0).shape, 1);
  const Truth truth(context.node().attributes, view.length);
  const bool has_weights = context.has_input(2);
  return make_host_kernel(context, [=](const Buffers& b) {
    const float* weights = has_weights ? floats(b.inputs[2]) : nullptr;
    for_each_stretch(view, [&](std::int64_t outer, std::int64_t first, std::int64_t n) {
      float* dx = mutable_floats(b.outputs[0]) + outer * view.length * view.inner;
      for (std::int64_t c = 0; c < view.length; ++c) std::fill_n(dx + c * view.inner + first, n, 0.0F);
      for (std::int64_t i = first; i < first + n; ++i) {
        const std::int32_t label = static_cast<const std::int32_t*>(b.inputs[1])[outer * view.inner + i];
        if (!truth.is_class(label) || truth.is_ignored(label)) continue;
        dx[label * view.inner + i] = -weight_of(weights, label) * floats(b.inputs[0])[outer * view.inner + i];
      }
    });
  });
}

std::unique_ptr<Kernel> make_weight_of(BindContext& context) {
  const std::int64_t count = element_count(context.input_type(0).shape);
  const bool has_weights = context.has_input(1);
  const Truth truth(context.node().attributes, has_weights ? context.input_type(1).shape[0] : 1);
  return make_host_kernel(context, [=](const Buffers& b) {
    const float* weights = has_weights ? floats(b.inputs[1]) : nullptr;
    for (std::int64_t i = 0; i < count; ++i) {
      mutable_floats(b.outputs[0])[i] = truth.weight(static_cast<const std::int32_t*>(b.inputs[0])[i], weights);
    }
  });
}

}  // namespace

void add_class_loss_kernels(KernelTable& table) {
  table["SoftmaxCrossEntropyLoss"] = make_softmax_loss;
  table["SoftmaxCrossEntropyLossGrad"] = make_softmax_loss_grad;
  table["SoftmaxDistributionCrossEntropyLoss"] = make_distribution_loss;
  table["SoftmaxDistributionCrossEntropyLossGrad"] = make_distribution_loss_grad;
  table["NegativeLogLikelihoodLoss"] = make_likelihood;
  table["NegativeLogLikelihoodLossGrad"] = make_likelihood_grad;
  table["ClassWeightOf"] = make_weight_of;
}

}  // namespace thaw::cpu
