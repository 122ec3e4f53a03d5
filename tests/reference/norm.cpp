// ONNX BatchNormalization-15, LayerNormalization-17, InstanceNormalization-6, GroupNormalization (scale and bias per
// channel), LRN-13. The gradients are derived from the formulas by hand: with n = (x - mean) / sqrt(var + epsilon) and
// g = dY scale,
//   dX = (g - mean(g) - n mean(g n)) / sqrt(var + epsilon) where the statistics are those of the values themselves,
//   dX = g / sqrt(var + epsilon) where they are stored.
#include <algorithm>
#include <cmath>
#include <functional>

#include "tests/reference/functions.h"

namespace thaw::reference {
namespace {

/// Which elements are normalized together, and which scale an element takes.
struct Grouping {
  std::vector<std::vector<std::int64_t>> groups;
  std::function<std::int64_t(std::int64_t)> scale_of;
};

std::int64_t spatial(const Shape& x) { return element_count(Shape(x.begin() + 2, x.end())); }

Grouping by_channel(const Shape& x) {
  Grouping grouping;
  const std::int64_t pixels = spatial(x), channels = x[1];
  grouping.groups.resize(static_cast<std::size_t>(channels));
  grouping.scale_of = [=](std::int64_t i) { return i / pixels % channels; };
  for (std::int64_t i = 0; i < element_count(x); ++i)
    grouping.groups[static_cast<std::size_t>(grouping.scale_of(i))].push_back(i);
  return grouping;
}

Grouping within_samples(const Node& node, const Shape& x) {
  Grouping grouping;
  std::int64_t group_count = 0;
  if (node.op.rfind("Layer", 0) == 0) {
    const std::int64_t axis = node.attributes.integer("axis", -1);
    const auto first = static_cast<std::ptrdiff_t>(axis < 0 ? axis + static_cast<std::int64_t>(x.size()) : axis);
    group_count = element_count(Shape(x.begin(), x.begin() + first));
    const std::int64_t length = element_count(x) / group_count;
    grouping.scale_of = [=](std::int64_t i) { return i % length; };
  } else {
    const std::int64_t a_sample = node.op.rfind("Instance", 0) == 0 ? x[1] : node.attributes.integer("num_groups", 1);
    group_count = x[0] * a_sample;
    const std::int64_t pixels = spatial(x), channels = x[1];
    grouping.scale_of = [=](std::int64_t i) { return i / pixels % channels; };
  }
  const std::int64_t length = element_count(x) / group_count;
  grouping.groups.resize(static_cast<std::size_t>(group_count));
  for (std::int64_t i = 0; i < element_count(x); ++i)
    grouping.groups[static_cast<std::size_t>(i / length)].push_back(i);
  return grouping;
}

bool is_batch_norm(const Node& node) { return node.op.rfind("Batch", 0) == 0; }
bool has_own_statistics(const Node& node) {
  return node.op.find("Training") != std::string::npos || !is_batch_norm(node);
}

Grouping grouping_of(const Node& node, const Shape& x) {
  return is_batch_norm(node) ? by_channel(x) : within_samples(node, x);
}

struct Statistics {
  double mean, variance;
};

Statistics statistics_of(const std::vector<std::int64_t>& group, const Tensor& x) {
  double sum = 0, squares = 0;
  for (const std::int64_t i : group) sum += x.at(i);
  const double n = static_cast<double>(group.size()), mean = sum / n;
  for (const std::int64_t i : group) squares += (x.at(i) - mean) * (x.at(i) - mean);
  return {mean, squares / n};
}

std::vector<Tensor> normalize(const Call& call) {
  const Tensor& x = call.in(0);
  const Node& node = call.node;
  const Grouping grouping = grouping_of(node, x.shape);
  const double epsilon = node.attributes.real("epsilon", 1e-5);
  Tensor y(x.shape);
  std::vector<double> means, variances;
  for (std::size_t g = 0; g < grouping.groups.size(); ++g) {
    const auto k = static_cast<std::int64_t>(g);
    const Statistics s = has_own_statistics(node) ? statistics_of(grouping.groups[g], x)
                                                  : Statistics{call.in(3).at(k), call.in(4).at(k)};
    for (const std::int64_t i : grouping.groups[g]) {
      const std::int64_t scale = grouping.scale_of(i);
      y.at(i) = (x.at(i) - s.mean) / std::sqrt(s.variance + epsilon) * call.in(1).at(scale) +
                (call.has(2) ? call.in(2).at(scale) : 0);
    }
    means.push_back(s.mean);
    variances.push_back(s.variance);
  }
  if (node.op == "BatchNormalizationTraining")
    return {y, Tensor(call.in(1).shape, means), Tensor(call.in(1).shape, variances)};
  if (node.op != "LayerNormalization") return {y};
  Shape shape = x.shape;
  const std::int64_t axis = node.attributes.integer("axis", -1);
  std::fill(axis < 0 ? shape.end() + axis : shape.begin() + axis, shape.end(), 1);
  for (double& variance : variances) variance = 1 / std::sqrt(variance + epsilon);
  return {y, Tensor(shape, means), Tensor(shape, variances)};
}

std::vector<Tensor> normalize_grad(const Call& call) {
  const Tensor &dy = call.in(0), &x = call.in(1), &scale = call.in(2);
  const Grouping grouping = grouping_of(call.node, x.shape);
  const double epsilon = call.node.attributes.real("epsilon", 1e-5);
  Tensor dx(x.shape), dscale(scale.shape), dbias(scale.shape);
  for (std::size_t g = 0; g < grouping.groups.size(); ++g) {
    const auto k = static_cast<std::int64_t>(g);
    const auto& group = grouping.groups[g];
    const Statistics s = call.has(3) ? Statistics{call.in(3).at(k), call.in(4).at(k)} : statistics_of(group, x);
    const double deviation = std::sqrt(s.variance + epsilon), n = static_cast<double>(group.size());
    double sum = 0, dot = 0;
    for (const std::int64_t i : group) {
      const std::int64_t at = grouping.scale_of(i);
      const double normal = (x.at(i) - s.mean) / deviation;
      dscale.at(at) += dy.at(i) * normal;
      dbias.at(at) += dy.at(i);
      sum += dy.at(i) * scale.at(at);
      dot += dy.at(i) * scale.at(at) * normal;
    }
    for (const std::int64_t i : group) {
      const double normal = (x.at(i) - s.mean) / deviation, flow = dy.at(i) * scale.at(grouping.scale_of(i));
      dx.at(i) = (has_own_statistics(call.node) ? flow - sum / n - normal * dot / n : flow) / deviation;
    }
  }
  return {dx, dscale, dbias};
}

std::vector<Tensor> running_average(const Call& call) {
  if (call.has(2) && std::isnan(call.in(2).at(0))) return {};
  const double momentum = call.node.attributes.real("momentum", 0.99);
  const double n = static_cast<double>(call.node.attributes.integer("unbiased_count", 0));
  for (std::int64_t i = 0; i < element_count(call.in(0).shape); ++i) {
    const double batch = call.in(1).at(i) * (n > 1 ? n / (n - 1) : 1);
    call.in(0).at(i) = momentum * call.in(0).at(i) + (1 - momentum) * batch;
  }
  return {};
}

/// LRN's neighbourhood: channels c - floor((size - 1) / 2) to c + ceil((size - 1) / 2).
template <typename Visit>
void for_each_neighbour(const Call& call, std::int64_t channels, std::int64_t c, Visit visit) {
  const std::int64_t size = call.node.attributes.integer("size");
  for (std::int64_t i = c - (size - 1) / 2; i <= c + size / 2; ++i) {
    if (i >= 0 && i < channels) visit(i);
  }
}

struct LrnPower {
  double alpha, beta, bias, size;
  explicit LrnPower(const Attributes& a)
      : alpha(a.real("alpha", 1e-4)),
        beta(a.real("beta", 0.75)),
        bias(a.real("bias", 1)),
        size(static_cast<double>(a.integer("size"))) {}
};

std::vector<Tensor> lrn(const Call& call) {
  const Tensor& x = call.in(0);
  const LrnPower p(call.node.attributes);
  const std::int64_t pixels = spatial(x.shape), channels = x.extent(1);
  Tensor y(x.shape);
  for (std::int64_t i = 0; i < element_count(x.shape); ++i) {
    double sum = 0;
    const std::int64_t c = i / pixels % channels;
    for_each_neighbour(call, channels, c, [&](std::int64_t k) { sum += std::pow(x.at(i + (k - c) * pixels), 2); });
    y.at(i) = x.at(i) / std::pow(p.bias + p.alpha / p.size * sum, p.beta);
  }
  return {y};
}

std::vector<Tensor> lrn_grad(const Call& call) {
  const Tensor &dy = call.in(0), &x = call.in(1);
  const LrnPower p(call.node.attributes);
  const std::int64_t pixels = spatial(x.shape), channels = x.extent(1);
  Tensor dx(x.shape);
  for (std::int64_t i = 0; i < element_count(x.shape); ++i) {  // what element i gives back to each of its neighbours
    double sum = 0;
    const std::int64_t c = i / pixels % channels;
    for_each_neighbour(call, channels, c, [&](std::int64_t k) { sum += std::pow(x.at(i + (k - c) * pixels), 2); });
    const double d = p.bias + p.alpha / p.size * sum;
    dx.at(i) += dy.at(i) * std::pow(d, -p.beta);
    for_each_neighbour(call, channels, c, [&](std::int64_t k) {
      const std::int64_t at = i + (k - c) * pixels;
      dx.at(at) -= dy.at(i) * x.at(i) * p.beta * std::pow(d, -p.beta - 1) * 2 * p.alpha / p.size * x.at(at);
    });
  }
  return {dx};
}

}  // namespace

void add_norm(Functions& functions) {
  for (const char* name : {"BatchNormalization", "BatchNormalizationTraining", "LayerNormalization",
                           "GroupNormalization", "InstanceNormalization"}) {
    functions[name] = normalize;
    functions[std::string(name) + "Grad"] = normalize_grad;
  }
  functions["RunningAverage"] = running_average;
  functions["LRN"] = lrn;
  functions["LRNGrad"] = lrn_grad;
}

}  // namespace thaw::reference
