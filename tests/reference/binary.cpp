// Functions of two numbers with numpy's broadcasting, from the ONNX text: Add-14, Sub-14, Mul-14, Div-14, Pow-15,
// Max-13, Min-13, PRelu-16. Gradients by one input are of the result's shape.
#include <cmath>

#include "tests/reference/broadcast.h"
#include "tests/reference/functions.h"

namespace thaw::reference {
namespace {

using Binary = double (*)(double a, double b);

double sum(double a, double b) { return a + b; }
double difference(double a, double b) { return a - b; }
double product(double a, double b) { return a * b; }
double quotient(double a, double b) { return a / b; }
double power(double a, double b) { return std::pow(a, b); }
double larger(double a, double b) { return std::isnan(a) || std::isnan(b) ? std::nan("") : std::fmax(a, b); }
double smaller(double a, double b) { return std::isnan(a) || std::isnan(b) ? std::nan("") : std::fmin(a, b); }
double prelu(double x, double slope) { return x < 0 ? slope * x : x; }

double power_by_base(double a, double b) { return b == 0 ? 0 : b * std::pow(a, b - 1); }
double power_by_exponent(double a, double b) { return a == 0 && b >= 0 ? 0 : std::pow(a, b) * std::log(a); }
double is_larger(double a, double b) { return a >= b ? 1 : 0; }
double is_not_larger(double a, double b) { return a >= b ? 0 : 1; }
double is_smaller(double a, double b) { return a <= b ? 1 : 0; }
double is_not_smaller(double a, double b) { return a <= b ? 0 : 1; }
double prelu_by_input(double x, double slope) { return x < 0 ? slope : 1; }
double prelu_by_slope(double x, double) { return x < 0 ? x : 0; }

Tensor apply(Binary f, const Tensor& a, const Tensor& b) {
  Tensor y(broadcast_of(a.shape, b.shape));
  for (std::int64_t i = 0; i < element_count(y.shape); ++i) {
    const Shape place = place_of(i, y.shape);
    y.at(i) = f(a.at(element_at(place, a.shape)), b.at(element_at(place, b.shape)));
  }
  return y;
}

template <Binary f>
std::vector<Tensor> map(const Call& call) {
  Tensor y = apply(f, call.in(0), call.in(1));
  apply_fused_activation(call, y);
  return {y};
}

template <Binary by_first, Binary by_second>
std::vector<Tensor> gradient(const Call& call) {
  const bool is_first = call.node.attributes.integer("input") == 0;
  Tensor grad = apply(is_first ? by_first : by_second, call.in(1), call.in(2));
  for (std::size_t i = 0; i < grad.values.size(); ++i) grad.values[i] *= call.in(0).values.at(i);
  return {grad};
}

}  // namespace

void add_binary(Functions& functions) {
  functions["Add"] = map<sum>;
  functions["Sub"] = map<difference>;
  functions["Mul"] = map<product>;
  functions["Div"] = map<quotient>;
  functions["Pow"] = map<power>;
  functions["Max"] = map<larger>;
  functions["Min"] = map<smaller>;
  functions["PRelu"] = map<prelu>;
  functions["PowGrad"] = gradient<power_by_base, power_by_exponent>;
  functions["MaxGrad"] = gradient<is_larger, is_not_larger>;
  functions["MinGrad"] = gradient<is_smaller, is_not_smaller>;
  functions["PReluGrad"] = gradient<prelu_by_input, prelu_by_slope>;
}

}  // namespace thaw::reference
