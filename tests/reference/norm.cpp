// Normalization, from the ONNX text: BatchNormalization-15, LayerNormalization-17, InstanceNormalization-6,
// GroupNormalization-21 and LRN-13. Everything but LRN is one formula,
//
//   y = (x - mean) / sqrt(var + epsilon) * scale + B
//
// with means and population variances over different sets of elements; Normalization says which set an element belongs
// to and which scale it takes. Its derivative for x^ = (x - mean) / sqrt(var + epsilon) and g = dY * scale is
//
//   dX = (g - mean of g - x^ * mean of g x^) / sqrt(var + epsilon)     each mean over the element's set
#include <cmath>
#include <functional>

#include "tests/reference/functions.h"
#include "tests/reference/index.h"

namespace thaw::reference {
namespace {

double epsilon_of(const Call& call) { return call.node.attributes.real("epsilon", 1e-5); }

/// Which set and which scale each element of a tensor belongs to, by number.
struct Normalization {
  std::vector<std::size_t> set, parameter;
  std::size_t sets = 0, parameters = 0;

  Normalization(const Shape& shape, const std::function<std::size_t(const Index&)>& set_of,
                const std::function<std::size_t(const Index&)>& parameter_of) {
    for_each_index(shape, [&](const Index& index) {
      set.push_back(set_of(index));
      parameter.push_back(parameter_of(index));
      sets = std::max(sets, set.back() + 1);
      parameters = std::max(parameters, parameter.back() + 1);
    });
  }

  /// Means over the sets.
  std::vector<double> means(const std::vector<double>& values) const {
    std::vector<double> sums(sets), counts(sets);
    for (std::size_t i = 0; i < values.size(); ++i) {
      sums[set[i]] += values[i];
      counts[set[i]] += 1;
    }
    for (std::size_t s = 0; s < sets; ++s) sums[s] /= counts[s];
    return sums;
  }
  std::vector<double> variances(const std::vector<double>& values, const std::vector<double>& mean) const {
    std::vector<double> squares = values;
    for (std::size_t i = 0; i < values.size(); ++i) squares[i] = std::pow(values[i] - mean[set[i]], 2);
    return means(squares);
  }
};

std::size_t channel_of(const Index& index) { return static_cast<std::size_t>(index[1]); }

Normalization by_channel(const Shape& shape) { return {shape, channel_of, channel_of}; }

Normalization by_group(const Shape& shape, std::int64_t groups) {
  const auto set_of = [=](const Index& index) {
    return static_cast<std::size_t>(index[0] * groups + index[1] / (shape[1] / groups));
  };
  return {shape, set_of, channel_of};
}

Normalization by_row(const Shape& shape, std::int64_t axis) {
  const std::size_t at = real_axis(axis, shape);
  std::int64_t length = 1;
  for (std::size_t i = at; i < shape.size(); ++i) length *= shape[i];
  const auto row = [=](const Index& index) { return static_cast<std::size_t>(position(shape, index) / length); };
  const auto column = [=](const Index& index) { return static_cast<std::size_t>(position(shape, index) % length); };
  return {shape, row, column};
}

Tensor normalize(const Tensor& x, const Normalization& n, const std::vector<double>& mean,
                 const std::vector<double>& deviation, const Tensor& scale, const Tensor* bias) {
  Tensor y = x;
  for (std::size_t i = 0; i < y.values.size(); ++i) {
    y.values[i] = (x.values[i] - mean[n.set[i]]) / deviation[n.set[i]] * scale.values[n.parameter[i]];
    if (bias) y.values[i] += bias->values[n.parameter[i]];
  }
  return y;
}

std::vector<double> deviations(std::vector<double> variances, double epsilon) {
  for (double& value : variances) value = std::sqrt(value + epsilon);
  return variances;
}

/// dX, dscale, dB.
std::vector<Tensor> gradients(const Tensor& dy, const Tensor& x, const Normalization& n,
                              const std::vector<double>& mean, const std::vector<double>& deviation,
                              const Tensor& scale) {
  std::vector<double> normal = x.values, g = dy.values, g_normal = dy.values;
  Tensor dscale(scale.shape), db(scale.shape);
  for (std::size_t i = 0; i < g.size(); ++i) {
    normal[i] = (x.values[i] - mean[n.set[i]]) / deviation[n.set[i]];
    dscale.values[n.parameter[i]] += dy.values[i] * normal[i];
    db.values[n.parameter[i]] += dy.values[i];
    g[i] = dy.values[i] * scale.values[n.parameter[i]];
    g_normal[i] = g[i] * normal[i];
  }
  const std::vector<double> mean_g = n.means(g), mean_g_normal = n.means(g_normal);
  Tensor dx = x;
  for (std::size_t i = 0; i < g.size(); ++i) {
    const std::size_t s = n.set[i];
    dx.values[i] = (g[i] - mean_g[s] - normal[i] * mean_g_normal[s]) / deviation[s];
  }
  return {dx, dscale, db};
}

// Batches.

std::vector<Tensor> batch(const Call& call) {
  const Tensor& x = call.in(0);
  const auto deviation = deviations(call.in(4).values, epsilon_of(call));
  return {normalize(x, by_channel(x.shape), call.in(3).values, deviation, call.in(1), &call.in(2))};
}

std::vector<Tensor> batch_grad_input(const Call& call) {
  const Tensor& dy = call.in(0);
  const Tensor zero(call.in(1).shape);
  return {normalize(dy, by_channel(dy.shape), zero.values, deviations(call.in(2).values, epsilon_of(call)), call.in(1),
                    nullptr)};
}

std::vector<Tensor> batch_grad_scale(const Call& call) {
  const Tensor& x = call.in(1);
  const auto deviation = deviations(call.in(3).values, epsilon_of(call));
  const Tensor one(call.in(2).shape, std::vector<double>(call.in(2).values.size(), 1));
  const auto all = gradients(call.in(0), x, by_channel(x.shape), call.in(2).values, deviation, one);
  return {all[1], all[2]};
}

std::vector<Tensor> batch_training(const Call& call) {
  const Tensor& x = call.in(0);
  const Normalization n = by_channel(x.shape);
  const std::vector<double> mean = n.means(x.values), variance = n.variances(x.values, mean);
  Tensor y = normalize(x, n, mean, deviations(variance, epsilon_of(call)), call.in(1), &call.in(2));
  for (std::size_t i = 0; call.has(3) && i < y.values.size(); ++i) y.values[i] += call.in(3).values[i];
  apply_fused_activation(call, y);
  return {y, Tensor(call.in(1).shape, mean), Tensor(call.in(1).shape, variance)};
}

std::vector<Tensor> batch_training_grad(const Call& call) {
  Tensor dy = call.in(0);
  const Tensor& x = call.in(1);
  const Normalization n = by_channel(x.shape);
  const auto deviation = deviations(call.in(4).values, epsilon_of(call));
  if (call.node.attributes.text("activation") == "Relu") {
    const Tensor y = normalize(x, n, call.in(3).values, deviation, call.in(2), &call.in(5));
    for (std::size_t i = 0; i < dy.values.size(); ++i) {
      if (y.values[i] <= 0) dy.values[i] = 0;
    }
  }
  return gradients(dy, x, n, call.in(3).values, deviation, call.in(2));
}

std::vector<Tensor> running_average(const Call& call) {
  if (call.has(2) && std::isnan(call.in(2).at(0))) return {};
  const double momentum = call.node.attributes.real("momentum");
  const auto n = static_cast<double>(call.node.attributes.integer("unbiased_count"));
  for (std::size_t i = 0; i < call.in(0).values.size(); ++i) {
    const double batch = call.in(1).values[i] * (n > 1 ? n / (n - 1) : 1);
    double& running = call.in(0).values[i];
    running = momentum * running + (1 - momentum) * batch;
  }
  return {};
}

// Samples.

std::vector<Tensor> layer(const Call& call) {
  const Tensor& x = call.in(0);
  const std::int64_t axis = call.node.attributes.integer("axis", -1);
  const Normalization n = by_row(x.shape, axis);
  const std::vector<double> mean = n.means(x.values);
  const std::vector<double> deviation = deviations(n.variances(x.values, mean), epsilon_of(call));
  Shape rows = x.shape;
  for (std::size_t i = real_axis(axis, x.shape); i < rows.size(); ++i) rows[i] = 1;
  Tensor inverse(rows, deviation);
  for (double& value : inverse.values) value = 1 / value;
  return {normalize(x, n, mean, deviation, call.in(1), call.has(2) ? &call.in(2) : nullptr), Tensor(rows, mean),
          inverse};
}

std::vector<Tensor> layer_grad(const Call& call) {
  const Tensor& x = call.in(1);
  std::vector<double> deviation = call.in(4).values;
  for (double& value : deviation) value = 1 / value;
  auto all = gradients(call.in(0), x, by_row(x.shape, call.node.attributes.integer("axis", -1)), call.in(3).values,
                       deviation, call.in(2));
  if (!call.node.attributes.integer("has_bias")) all.pop_back();
  return all;
}

std::vector<Tensor> group_of(const Call& call, std::int64_t groups) {
  const Tensor& x = call.in(0);
  const Normalization n = by_group(x.shape, groups);
  const std::vector<double> mean = n.means(x.values);
  return {normalize(x, n, mean, deviations(n.variances(x.values, mean), epsilon_of(call)), call.in(1), &call.in(2))};
}

std::vector<Tensor> instance(const Call& call) { return group_of(call, call.in(0).extent(1)); }
std::vector<Tensor> group(const Call& call) { return group_of(call, call.node.attributes.integer("num_groups")); }

std::vector<Tensor> group_grad(const Call& call) {
  const Tensor& x = call.in(1);
  const Normalization n = by_group(x.shape, call.node.attributes.integer("num_groups"));
  const std::vector<double> mean = n.means(x.values);
  return gradients(call.in(0), x, n, mean, deviations(n.variances(x.values, mean), epsilon_of(call)), call.in(2));
}

// Local response: y[c] = x[c] s[c]^-beta, s[c] = bias + alpha / size * sum of squares in c's window.

struct Lrn {
  std::int64_t before, after;
  double alpha, beta, bias;

  explicit Lrn(const Call& call) {
    const Attributes& attributes = call.node.attributes;
    const std::int64_t size = attributes.integer("size");
    before = (size - 1) / 2;  // floor and
    after = size / 2;         // ceiling of (size - 1) / 2
    alpha = attributes.real("alpha", 1e-4) / static_cast<double>(size);
    beta = attributes.real("beta", 0.75);
    bias = attributes.real("bias", 1);
  }
  /// Visits the elements of an element's window.
  template <typename Visit>
  void for_each(const Shape& shape, Index index, Visit visit) const {
    const std::int64_t c = index[1];
    for (index[1] = c - before; index[1] <= c + after; ++index[1]) {
      if (index[1] >= 0 && index[1] < shape[1]) visit(index);
    }
  }
  double sum(const Tensor& x, const Index& index) const {
    double s = bias;
    for_each(x.shape, index, [&](const Index& other) { s += alpha * std::pow(element(x, other), 2); });
    return s;
  }
};

std::vector<Tensor> lrn(const Call& call) {
  const Lrn rule(call);
  Tensor y = call.in(0);
  for_each_index(y.shape,
                 [&](const Index& index) { element(y, index) *= std::pow(rule.sum(call.in(0), index), -rule.beta); });
  return {y};
}

/// Each y[c] hands its gradient to its own x[c] and, through s[c], to every x in its window.
std::vector<Tensor> lrn_grad(const Call& call) {
  const Lrn rule(call);
  const Tensor& dy = call.in(0);
  const Tensor& x = call.in(1);
  Tensor dx(x.shape);
  for_each_index(x.shape, [&](const Index& index) {
    const double s = rule.sum(x, index);
    element(dx, index) += element(dy, index) * std::pow(s, -rule.beta);
    const double ds = -rule.beta * element(dy, index) * element(x, index) * std::pow(s, -rule.beta - 1);
    rule.for_each(x.shape, index,
                  [&](const Index& other) { element(dx, other) += ds * 2 * rule.alpha * element(x, other); });
  });
  return {dx};
}

}  // namespace

void add_norm(Functions& functions) {
  functions["BatchNormalization"] = batch;
  functions["BatchNormalizationGradInput"] = batch_grad_input;
  functions["BatchNormalizationGradScale"] = batch_grad_scale;
  functions["BatchNormalizationTraining"] = batch_training;
  functions["BatchNormalizationTrainingGrad"] = batch_training_grad;
  functions["RunningAverage"] = running_average;
  functions["LayerNormalization"] = layer;
  functions["LayerNormalizationGrad"] = layer_grad;
  functions["InstanceNormalization"] = instance;
  functions["GroupNormalization"] = group;
  functions["GroupNormalizationGrad"] = group_grad;
  functions["LRN"] = lrn;
  functions["LRNGrad"] = lrn_grad;
}

}  // namespace thaw::reference
