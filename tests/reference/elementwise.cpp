// Functions of one number, from the ONNX text: Relu-14, LeakyRelu-16, Elu-6, Selu-6, Clip-13, Sigmoid-13,
// HardSigmoid-6, HardSwish-14, Softplus-1, Softsign-1, Tanh-13, Exp-13, Log-13, Sqrt-13, Reciprocal-13, Abs-13, Neg-13,
// Erf-13, Gelu-20, Floor-13, Ceil-13, Round-11, Mish-18, Swish-24, and Constant-13 with value_float. Gradients are
// written in the output where it tells the slope (relu' = [Y > 0], sigmoid' = Y (1 - Y), tanh' = 1 - Y^2, softplus' = 1
// - e^-Y, ...), else in the input, textbook form.
#include <cmath>
#include <limits>
#include <numbers>

#include "schemas/diagnostic.h"
#include "tests/reference/functions.h"

namespace thaw::reference {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The attributes of a function, with ONNX's defaults.
struct Settings {
  double alpha, beta, gamma, low, high;

  static Settings of(const std::string& op, const Attributes& a) {
    const bool is_selu = op.rfind("Selu", 0) == 0;
    const double alpha = is_selu                           ? 1.67326319217681884765625
                         : op.rfind("LeakyRelu", 0) == 0   ? 0.01
                         : op.rfind("HardSigmoid", 0) == 0 ? 0.2
                                                           : 1;
    return {a.real("alpha", alpha), a.real("beta", 0.5), a.real("gamma", 1.05070102214813232421875),
            a.real("min", -kInfinity), a.real("max", kInfinity)};
  }
};

using Unary = double (*)(double z, const Settings& s);

double relu(double x, const Settings&) { return x > 0 ? x : 0; }
double leaky_relu(double x, const Settings& s) { return x >= 0 ? x : s.alpha * x; }
double elu(double x, const Settings& s) { return x >= 0 ? x : s.alpha * (std::exp(x) - 1); }
double selu(double x, const Settings& s) { return x > 0 ? s.gamma * x : s.gamma * (s.alpha * std::exp(x) - s.alpha); }
double clip(double x, const Settings& s) { return std::fmin(std::fmax(x, s.low), s.high); }
double sigmoid(double x, const Settings&) { return 1 / (1 + std::exp(-x)); }
double hard_sigmoid(double x, const Settings& s) { return std::fmax(0, std::fmin(1, s.alpha * x + s.beta)); }
double hard_swish(double x, const Settings&) { return x * std::fmax(0, std::fmin(1, x / 6 + 0.5)); }
double softplus(double x, const Settings&) { return x > 30 ? x + std::exp(-x) : std::log(1 + std::exp(x)); }
double softsign(double x, const Settings&) { return x / (1 + std::abs(x)); }
double tangent(double x, const Settings&) { return std::tanh(x); }
double exponential(double x, const Settings&) { return std::exp(x); }
double logarithm(double x, const Settings&) { return std::log(x); }
double root(double x, const Settings&) { return std::sqrt(x); }
double reciprocal(double x, const Settings&) { return 1 / x; }
double magnitude(double x, const Settings&) { return std::abs(x); }
double negative(double x, const Settings&) { return -x; }
double error_function(double x, const Settings&) { return std::erf(x); }
double gelu(double x, const Settings&) { return x * (1 + std::erf(x / std::numbers::sqrt2)) / 2; }
double swish(double x, const Settings& s) { return x * sigmoid(x, s); }
double mish(double x, const Settings& s) { return x * std::tanh(softplus(x, s)); }
double lower(double x, const Settings&) { return std::floor(x); }
double upper(double x, const Settings&) { return std::ceil(x); }
double half_to_even(double x, const Settings&) {
  const double down = std::floor(x), rest = x - down;
  if (rest != 0.5) return rest < 0.5 ? down : down + 1;
  return std::fmod(down, 2) == 0 ? down : down + 1;
}

// Slopes in the output.
double relu_slope(double y, const Settings&) { return y > 0 ? 1 : 0; }
double elu_slope(double y, const Settings& s) { return y > 0 ? 1 : y + s.alpha; }
double selu_slope(double y, const Settings& s) { return y > 0 ? s.gamma : y + s.gamma * s.alpha; }
double clip_slope(double y, const Settings& s) { return y > s.low && y < s.high ? 1 : 0; }
double sigmoid_slope(double y, const Settings&) { return y * (1 - y); }
double hard_sigmoid_slope(double y, const Settings& s) { return y > 0 && y < 1 ? s.alpha : 0; }
double softplus_slope(double y, const Settings&) { return 1 - std::exp(-y); }
double softsign_slope(double y, const Settings&) { return (1 - std::abs(y)) * (1 - std::abs(y)); }
double tangent_slope(double y, const Settings&) { return 1 - y * y; }
double exponential_slope(double y, const Settings&) { return y; }
double root_slope(double y, const Settings&) { return 1 / (2 * y); }
double reciprocal_slope(double y, const Settings&) { return -y * y; }

// Slopes in the input. Leaky relu's reads either: they have one sign.
double leaky_relu_slope(double z, const Settings& s) { return z >= 0 ? 1 : s.alpha; }
double hard_swish_slope(double x, const Settings&) { return x <= -3 ? 0 : x >= 3 ? 1 : (2 * x + 3) / 6; }
double logarithm_slope(double x, const Settings&) { return 1 / x; }
double magnitude_slope(double x, const Settings&) { return x > 0 ? 1 : x < 0 ? -1 : 0; }
double error_function_slope(double x, const Settings&) { return 2 / std::sqrt(std::numbers::pi) * std::exp(-x * x); }
double gelu_slope(double x, const Settings&) {
  const double density = std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
  return (1 + std::erf(x / std::numbers::sqrt2)) / 2 + x * density;
}
double swish_slope(double x, const Settings& s) { return sigmoid(x, s) + x * sigmoid(x, s) * sigmoid(-x, s); }
double mish_slope(double x, const Settings& s) {
  const double t = std::tanh(softplus(x, s));
  return t + x * (1 - t * t) * sigmoid(x, s);
}

template <Unary f>
std::vector<Tensor> map(const Call& call) {
  const Settings settings = Settings::of(call.node.op, call.node.attributes);
  Tensor y = call.in(0);
  for (double& value : y.values) value = f(value, settings);
  return {y};
}

template <Unary slope>
std::vector<Tensor> gradient(const Call& call) {
  const Settings settings = Settings::of(call.node.op, call.node.attributes);
  Tensor dx = call.in(0);
  for (std::size_t i = 0; i < dx.values.size(); ++i) dx.values[i] *= slope(call.in(1).values.at(i), settings);
  return {dx};
}

std::vector<Tensor> constant(const Call& call) { return {Tensor({}, {call.node.attributes.real("value_float")})}; }

template <Unary f, Unary slope>
void add_function(Functions& functions, const std::string& name) {
  functions[name] = map<f>;
  functions[name + "Grad"] = gradient<slope>;
}

}  // namespace

void apply_fused_activation(const Call& call, Tensor& y) {
  static const std::map<std::string, Unary> kFusible{
      {"Relu", relu},   {"LeakyRelu", leaky_relu}, {"Elu", elu}, {"Clip", clip}, {"Tanh", tangent},
      {"Swish", swish}, {"HardSwish", hard_swish}};
  const Attributes& attributes = call.node.attributes;
  const std::string activation = attributes.text("activation");
  if (activation.empty()) return;
  const auto found = kFusible.find(activation);
  if (found == kFusible.end()) throw InternalError("reference: no fused activation is called " + activation);
  const double alpha = attributes.real("activation_alpha"), beta = attributes.real("activation_beta");
  const Settings settings{alpha, beta, 1, alpha, beta};  // clip's bounds are called alpha and beta here
  for (double& value : y.values) value = found->second(value, settings);
}

void add_elementwise(Functions& functions) {
  add_function<relu, relu_slope>(functions, "Relu");
  add_function<leaky_relu, leaky_relu_slope>(functions, "LeakyRelu");
  add_function<elu, elu_slope>(functions, "Elu");
  add_function<selu, selu_slope>(functions, "Selu");
  add_function<clip, clip_slope>(functions, "Clip");
  add_function<sigmoid, sigmoid_slope>(functions, "Sigmoid");
  add_function<hard_sigmoid, hard_sigmoid_slope>(functions, "HardSigmoid");
  add_function<hard_swish, hard_swish_slope>(functions, "HardSwish");
  add_function<softplus, softplus_slope>(functions, "Softplus");
  add_function<softsign, softsign_slope>(functions, "Softsign");
  add_function<tangent, tangent_slope>(functions, "Tanh");
  add_function<exponential, exponential_slope>(functions, "Exp");
  add_function<logarithm, logarithm_slope>(functions, "Log");
  add_function<root, root_slope>(functions, "Sqrt");
  add_function<reciprocal, reciprocal_slope>(functions, "Reciprocal");
  add_function<magnitude, magnitude_slope>(functions, "Abs");
  add_function<error_function, error_function_slope>(functions, "Erf");
  add_function<gelu, gelu_slope>(functions, "Gelu");
  add_function<swish, swish_slope>(functions, "Swish");
  add_function<mish, mish_slope>(functions, "Mish");
  functions["Neg"] = map<negative>;
  functions["Floor"] = map<lower>;
  functions["Ceil"] = map<upper>;
  functions["Round"] = map<half_to_even>;
  functions["Constant"] = constant;
  add_binary(functions);
  add_dropout(functions);
}

}  // namespace thaw::reference
