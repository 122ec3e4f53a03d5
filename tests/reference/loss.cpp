// Losses, one value a sample. Keras: binary cross-entropy, mean squared error and Huber are means over a sample's
// values; class_loss.cpp has those of classes. The weighted mean over a batch is scale * sum(w L) / sum(w).
#include <algorithm>
#include <cmath>

#include "tests/reference/functions.h"

namespace thaw::reference {
namespace {

/// `extra`: the attribute that some of them have.
using PairFunction = double (*)(double y, double t, double extra);

double delta_of(const Call& call) { return call.node.attributes.real("delta", 1); }
double smoothing_of(const Call& call) { return call.node.attributes.real("label_smoothing"); }

/// Mean over a row's values of f(prediction, target).
template <PairFunction f, double (*extra)(const Call&) = delta_of>
std::vector<Tensor> mean_of_pairs(const Call& call) {
  const Tensor& y = call.in(0);
  Tensor loss({y.extent(0)});
  for (std::int64_t n = 0; n < y.extent(0); ++n) {
    for (std::int64_t k = 0; k < y.extent(1); ++k) {
      loss.at(n) += f(y.at(n, k), call.in(1).at(n, k), extra(call));
    }
    loss.at(n) /= static_cast<double>(y.extent(1));
  }
  return {loss};
}

template <PairFunction slope, double (*extra)(const Call&) = delta_of>
std::vector<Tensor> gradient_of_pairs(const Call& call) {
  const Tensor& y = call.in(1);
  Tensor dy(y.shape);
  for (std::int64_t n = 0; n < y.extent(0); ++n) {
    for (std::int64_t k = 0; k < y.extent(1); ++k) {
      const double each = slope(y.at(n, k), call.in(2).at(n, k), extra(call));
      dy.at(n, k) = call.in(0).at(n) * each / static_cast<double>(y.extent(1));
    }
  }
  return {dy};
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

double squared(double y, double t, double) { return (y - t) * (y - t); }
double squared_slope(double y, double t, double) { return 2 * (y - t); }
// Keras: label_smoothing s squeezes the truth to t (1 - s) + s / 2.
double squeezed(double t, double s) { return t * (1 - s) + s / 2; }
double binary_entropy(double p, double t, double s) {
  t = squeezed(t, s);
  return -(t > 0 ? t * std::log(p) : 0) - (t < 1 ? (1 - t) * std::log(1 - p) : 0);
}
// log(1 + e^x) - t x is the binary entropy of sigmoid(x), written so that no probability is rounded to 0 or 1.
double logit_entropy(double x, double t, double s) {
  return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))) - squeezed(t, s) * x;
}
double logit_entropy_slope(double x, double t, double s) { return sigmoid(x) - squeezed(t, s); }
double huber(double y, double t, double delta) {
  const double distance = std::abs(y - t);
  return distance <= delta ? distance * distance / 2 : delta * (distance - delta / 2);
}
double huber_slope(double y, double t, double delta) { return std::clamp(y - t, -delta, delta); }

double sum_of(const Tensor& tensor) {
  double sum = 0;
  for (const double value : tensor.values) sum += value;
  return sum;
}

std::vector<Tensor> weighted_mean(const Call& call) {
  const double weights = sum_of(call.in(1));
  double sum = 0;
  for (std::int64_t n = 0; n < call.in(0).extent(0); ++n) {
    // Rows of weight 0 fill up a short batch and may hold anything.
    if (call.in(1).at(n) != 0) sum += call.in(0).at(n) * call.in(1).at(n);
  }
  return {Tensor({}, {weights == 0 ? 0 : call.node.attributes.real("scale", 1) * sum / weights})};
}

std::vector<Tensor> weighted_mean_grad(const Call& call) {
  const double weights = sum_of(call.in(1));
  Tensor dl = call.in(1);
  for (double& value : dl.values) {
    value = weights == 0 ? 0 : call.in(0).at(0) * call.node.attributes.real("scale", 1) * value / weights;
  }
  return {dl};
}

}  // namespace

void add_loss(Functions& functions) {
  add_class_loss(functions);
  functions["BinaryCrossEntropyLoss"] = mean_of_pairs<binary_entropy, smoothing_of>;
  functions["SigmoidCrossEntropyLoss"] = mean_of_pairs<logit_entropy, smoothing_of>;
  functions["SigmoidCrossEntropyLossGrad"] = gradient_of_pairs<logit_entropy_slope, smoothing_of>;
  functions["MeanSquaredErrorLoss"] = mean_of_pairs<squared>;
  functions["MeanSquaredErrorLossGrad"] = gradient_of_pairs<squared_slope>;
  functions["HuberLoss"] = mean_of_pairs<huber>;
  functions["HuberLossGrad"] = gradient_of_pairs<huber_slope>;
  functions["WeightedMean"] = weighted_mean;
  functions["WeightedMeanGrad"] = weighted_mean_grad;
}

}  // namespace thaw::reference
