// Keras's SGD, RMSprop and Adam, and its gradient clipping, in place:
//
//   SGD       v = momentum v - rate g;  w += v, or with nesterov w += momentum v - rate g
//   RMSprop   a = rho a + (1 - rho) g^2;  as SGD with g / sqrt(a + epsilon) for g
//   Adam      m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;
//             w -= rate sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + epsilon)
//
// with PyTorch's weight decay d: SGD and RMSprop begin with g += d w, AdamW takes rate d w off the weight besides. The
// rate of a parameter is multiplied by its own number; Adam's t of a parameter counts from its own first step.
//
// Inputs: loss, rate, t, then all weights, all gradients, then slot by slot one for each weight, then X for each
// parameter that "factored" lists: instead of its gradient there is dY, and the gradient is dY' X. The output is the
// joint norm of the gradients before clipping; if it or the loss is not finite nothing changes and the output is NaN.
#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/reference/functions.h"

namespace thaw::reference {
namespace {

/// The tensors of one update node.
struct Update {
  explicit Update(const Call& each) : call(each), count(static_cast<int>(each.node.attributes.integer("count"))) {
    const auto factored = call.node.attributes.integers("factored");
    auto next = call.inputs.end() - static_cast<std::ptrdiff_t>(factored.size());
    for (int i = 0; i < count; ++i) {
      gradients.push_back(call.in(3 + count + i));
      if (std::count(factored.begin(), factored.end(), i)) gradients.back() = product(gradients.back(), **next++);
    }
  }

  /// dY' X
  static Tensor product(const Tensor& dy, const Tensor& x) {
    Tensor gradient(Shape{dy.extent(1), x.extent(1)});
    for (std::int64_t unit = 0; unit < dy.extent(1); ++unit) {
      for (std::int64_t value = 0; value < x.extent(1); ++value) {
        double& sum = gradient.at(unit, value);
        for (std::int64_t n = 0; n < dy.extent(0); ++n) sum += dy.at(n, unit) * x.at(n, value);
      }
    }
    return gradient;
  }

  double loss() const { return call.in(0).at(0); }
  double rate(int i) const { return call.in(1).at(0) * of("learning_rate_multipliers", i, 1); }
  double step(int i) const {
    const auto first = call.node.attributes.integers("first_steps");
    return call.in(2).at(0) - static_cast<double>(first.empty() ? 0 : first.at(static_cast<std::size_t>(i)));
  }
  double decay(int i) const { return of("weight_decays", i, 0); }
  double of(const char* list, int i, double otherwise) const {
    const auto numbers = call.node.attributes.reals(list);
    return numbers.empty() ? otherwise : numbers.at(static_cast<std::size_t>(i));
  }
  double real(const char* name) const { return call.node.attributes.real(name); }
  Tensor& weight(int i) const { return call.in(3 + i); }
  const Tensor& gradient(int i) const { return gradients[static_cast<std::size_t>(i)]; }
  Tensor& slot(int which, int i) const { return call.in(3 + (2 + which) * count + i); }

  double norm() const {
    double sum = 0;
    for (int i = 0; i < count; ++i) {
      for (const double g : gradient(i).values) sum += g * g;
    }
    return std::sqrt(sum);
  }

  /// Clipped by joint norm (0: not), then by value (0: not).
  double clipped(double g, double norm) const {
    const double largest_norm = real("clip_global_norm"), largest_value = real("clip_value");
    if (largest_norm > 0 && norm > largest_norm) g *= largest_norm / norm;
    if (largest_value > 0) g = std::clamp(g, -largest_value, largest_value);
    return g;
  }

  const Call& call;
  int count;
  std::vector<Tensor> gradients;
};

/// Moves weight k of parameter i by SGD's rule, given its direction.
void descend(const Update& update, int i, std::size_t k, double direction, int velocity_slot) {
  double& w = update.weight(i).values[k];
  const double momentum = update.real("momentum"), move = update.rate(i) * direction;
  if (momentum == 0) {
    w -= move;
    return;
  }
  double& v = update.slot(velocity_slot, i).values[k];
  v = momentum * v - move;
  w += update.call.node.attributes.integer("nesterov") ? momentum * v - move : v;
}

double penalized(const Update& update, int i, std::size_t k, double g) {
  return g + update.decay(i) * update.weight(i).values[k];
}

void sgd(const Update& update, int i, std::size_t k, double g) { descend(update, i, k, penalized(update, i, k, g), 0); }

void rms_prop(const Update& update, int i, std::size_t k, double g) {
  g = penalized(update, i, k, g);
  double& a = update.slot(0, i).values[k];
  a = update.real("rho") * a + (1 - update.real("rho")) * g * g;
  descend(update, i, k, g / std::sqrt(a + update.real("epsilon")), 1);
}

void adam(const Update& update, int i, std::size_t k, double g) {
  const double b1 = update.real("beta_1"), b2 = update.real("beta_2"), t = update.step(i);
  double& m = update.slot(0, i).values[k];
  double& v = update.slot(1, i).values[k];
  m = b1 * m + (1 - b1) * g;
  v = b2 * v + (1 - b2) * g * g;
  double& w = update.weight(i).values[k];
  const double decay = update.rate(i) * update.decay(i) * w;
  w -= update.rate(i) * std::sqrt(1 - std::pow(b2, t)) / (1 - std::pow(b1, t)) * m /
           (std::sqrt(v) + update.real("epsilon")) +
       decay;
}

template <void (*move)(const Update&, int, std::size_t, double)>
std::vector<Tensor> run(const Call& call) {
  const Update update(call);
  const double norm = update.norm();
  if (!std::isfinite(norm) || !std::isfinite(update.loss())) {
    return {Tensor({}, {std::numeric_limits<double>::quiet_NaN()})};
  }
  for (int i = 0; i < update.count; ++i) {
    const Tensor gradient = update.gradient(i);
    for (std::size_t k = 0; k < gradient.values.size(); ++k) {
      move(update, i, k, update.clipped(gradient.values[k], norm));
    }
  }
  return {Tensor({}, {norm})};
}

}  // namespace

void add_update(Functions& functions) {
  functions["Sgd"] = run<sgd>;
  functions["RmsProp"] = run<rms_prop>;
  functions["Adam"] = run<adam>;
}

}  // namespace thaw::reference
