// Losses of classes, from the text of ONNX SoftmaxCrossEntropyLoss-13 and NegativeLogLikelihoodLoss-13 (reduction
// none). Keras: with label_smoothing s the truth is (1 - s) [class = label] + s / classes. A class weight multiplies
// its term; a place whose label is ignore_index has loss 0, and so has a label that is no class but for what smoothing
// spreads.
#include <algorithm>
#include <cmath>

#include "tests/reference/functions.h"

namespace thaw::reference {
namespace {

/// A tensor [N, C, places...] and its labels [N, places...].
struct Places {
  std::int64_t batch, classes, inner;

  explicit Places(const Shape& shape) : batch(shape[0]), classes(shape[1]), inner(1) {
    for (std::size_t axis = 2; axis < shape.size(); ++axis) inner *= shape[axis];
  }
  std::int64_t count() const { return batch * inner; }
  /// The element of class c at a place.
  std::int64_t at(std::int64_t place, std::int64_t c) const {
    return (place / inner * classes + c) * inner + place % inner;
  }
};

Shape without_classes(const Shape& shape) {
  Shape rest{shape[0]};
  rest.insert(rest.end(), shape.begin() + 2, shape.end());
  return rest;
}

bool is_ignored(const Call& call, double label) {
  const Attributes& attributes = call.node.attributes;
  return attributes.has("ignore_index") && static_cast<double>(attributes.integer("ignore_index")) == label;
}

/// truth * weight of class c.
double share_of(const Call& call, const Tensor* weights, double label, std::int64_t c, std::int64_t classes) {
  const double smoothing = call.node.attributes.real("label_smoothing");
  const double truth = (static_cast<double>(c) == label ? 1 - smoothing : 0) + smoothing / static_cast<double>(classes);
  return truth * (weights ? weights->at(c) : 1);
}

/// -sum over classes of truth * weight * log_prob.
Tensor cross_entropy(const Call& call, const Tensor& log_prob) {
  const Places places(log_prob.shape);
  Tensor loss(without_classes(log_prob.shape));
  for (std::int64_t p = 0; p < places.count(); ++p) {
    const double label = call.in(1).at(p);
    for (std::int64_t c = 0; c < places.classes && !is_ignored(call, label); ++c) {
      const double share = share_of(call, call.has(2) ? &call.in(2) : nullptr, label, c, places.classes);
      if (share > 0) loss.at(p) -= share * log_prob.at(places.at(p, c));
    }
  }
  return loss;
}

std::vector<Tensor> cross_entropy_loss(const Call& call) {
  Tensor log_prob = call.in(0);
  for (double& value : log_prob.values) value = std::log(value);
  return {cross_entropy(call, log_prob)};
}

std::vector<Tensor> softmax_cross_entropy_loss(const Call& call) {
  Tensor log_prob = call.in(0);
  const Places places(log_prob.shape);
  for (std::int64_t p = 0; p < places.count(); ++p) {
    double largest = log_prob.at(places.at(p, 0)), sum = 0;
    for (std::int64_t c = 0; c < places.classes; ++c) largest = std::max(largest, log_prob.at(places.at(p, c)));
    for (std::int64_t c = 0; c < places.classes; ++c) sum += std::exp(log_prob.at(places.at(p, c)) - largest);
    for (std::int64_t c = 0; c < places.classes; ++c) log_prob.at(places.at(p, c)) -= largest + std::log(sum);
  }
  return {cross_entropy(call, log_prob), log_prob};
}

std::vector<Tensor> softmax_cross_entropy_loss_grad(const Call& call) {
  const Tensor& log_prob = call.in(1);
  const Tensor* weights = call.has(3) ? &call.in(3) : nullptr;
  const Places places(log_prob.shape);
  Tensor dx(log_prob.shape);
  for (std::int64_t p = 0; p < places.count(); ++p) {
    const double label = call.in(2).at(p);
    if (is_ignored(call, label)) continue;
    double total = 0;
    for (std::int64_t c = 0; c < places.classes; ++c) total += share_of(call, weights, label, c, places.classes);
    for (std::int64_t c = 0; c < places.classes; ++c) {
      const double probability = std::exp(log_prob.at(places.at(p, c)));
      const double share = share_of(call, weights, label, c, places.classes);
      dx.at(places.at(p, c)) = call.in(0).at(p) * (probability * total - share);
    }
  }
  return {dx};
}

/// What a class's share of a truth becomes by label smoothing.
Tensor smoothed(const Call& call, const Tensor& truth) {
  const double smoothing = call.node.attributes.real("label_smoothing");
  Tensor shares = truth;
  for (double& share : shares.values)
    share = (1 - smoothing) * share + smoothing / static_cast<double>(truth.extent(1));
  return shares;
}

/// -sum over classes of share * log_prob, in rows.
Tensor distribution_entropy(const Tensor& log_prob, const Tensor& shares) {
  Tensor loss({log_prob.extent(0)});
  for (std::int64_t n = 0; n < log_prob.extent(0); ++n) {
    for (std::int64_t c = 0; c < log_prob.extent(1); ++c) {
      if (shares.at(n, c) != 0) loss.at(n) -= shares.at(n, c) * log_prob.at(n, c);
    }
  }
  return loss;
}

std::vector<Tensor> distribution_loss(const Call& call) {
  Tensor log_prob = call.in(0);
  for (double& value : log_prob.values) value = std::log(value);
  return {distribution_entropy(log_prob, smoothed(call, call.in(1)))};
}

std::vector<Tensor> softmax_distribution_loss(const Call& call) {
  Tensor log_prob = call.in(0);
  for (std::int64_t n = 0; n < log_prob.extent(0); ++n) {
    double largest = log_prob.at(n, 0), sum = 0;
    for (std::int64_t c = 0; c < log_prob.extent(1); ++c) largest = std::max(largest, log_prob.at(n, c));
    for (std::int64_t c = 0; c < log_prob.extent(1); ++c) sum += std::exp(log_prob.at(n, c) - largest);
    for (std::int64_t c = 0; c < log_prob.extent(1); ++c) log_prob.at(n, c) -= largest + std::log(sum);
  }
  return {distribution_entropy(log_prob, smoothed(call, call.in(1))), log_prob};
}

std::vector<Tensor> softmax_distribution_loss_grad(const Call& call) {
  const Tensor& log_prob = call.in(1);
  const Tensor shares = smoothed(call, call.in(2));
  Tensor dx(log_prob.shape);
  for (std::int64_t n = 0; n < log_prob.extent(0); ++n) {
    double total = 0;
    for (std::int64_t c = 0; c < log_prob.extent(1); ++c) total += shares.at(n, c);
    for (std::int64_t c = 0; c < log_prob.extent(1); ++c) {
      dx.at(n, c) = call.in(0).at(n) * (std::exp(log_prob.at(n, c)) * total - shares.at(n, c));
    }
  }
  return {dx};
}

/// The class of a label that counts, or -1.
std::int64_t class_of(const Call& call, double label, std::int64_t classes) {
  const bool counts = !is_ignored(call, label) && label >= 0 && label < static_cast<double>(classes);
  return counts ? static_cast<std::int64_t>(label) : -1;
}

std::vector<Tensor> likelihood_loss(const Call& call) {
  const Tensor& log_prob = call.in(0);
  const Places places(log_prob.shape);
  Tensor loss(without_classes(log_prob.shape));
  for (std::int64_t p = 0; p < places.count(); ++p) {
    const std::int64_t c = class_of(call, call.in(1).at(p), places.classes);
    if (c >= 0) loss.at(p) = -(call.has(2) ? call.in(2).at(c) : 1) * log_prob.at(places.at(p, c));
  }
  return {loss};
}

std::vector<Tensor> likelihood_loss_grad(const Call& call) {
  Tensor dx(call.node.attributes.integers("input_shape"));
  const Places places(dx.shape);
  for (std::int64_t p = 0; p < places.count(); ++p) {
    const std::int64_t c = class_of(call, call.in(1).at(p), places.classes);
    if (c >= 0) dx.at(places.at(p, c)) = -(call.has(2) ? call.in(2).at(c) : 1) * call.in(0).at(p);
  }
  return {dx};
}

std::vector<Tensor> class_weight_of(const Call& call) {
  Tensor weights = call.in(0);
  for (double& label : weights.values) {
    if (is_ignored(call, label)) {
      label = 0;
    } else if (!call.has(1)) {
      label = 1;
    } else {
      const std::int64_t c = class_of(call, label, call.in(1).extent(0));
      label = c >= 0 ? call.in(1).at(c) : 0;
    }
  }
  return {weights};
}

}  // namespace

void add_class_loss(Functions& functions) {
  functions["CrossEntropyLoss"] = cross_entropy_loss;
  functions["SoftmaxCrossEntropyLoss"] = softmax_cross_entropy_loss;
  functions["SoftmaxCrossEntropyLossGrad"] = softmax_cross_entropy_loss_grad;
  functions["DistributionCrossEntropyLoss"] = distribution_loss;
  functions["SoftmaxDistributionCrossEntropyLoss"] = softmax_distribution_loss;
  functions["SoftmaxDistributionCrossEntropyLossGrad"] = softmax_distribution_loss_grad;
  functions["NegativeLogLikelihoodLoss"] = likelihood_loss;
  functions["NegativeLogLikelihoodLossGrad"] = likelihood_loss_grad;
  functions["ClassWeightOf"] = class_weight_of;
}

}  // namespace thaw::reference
