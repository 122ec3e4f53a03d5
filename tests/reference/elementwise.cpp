// ONNX Relu-14, Sigmoid-13, Tanh-13, Add-14 on equal shapes, Constant-13 with value_float. The activations' gradients
// are written in the output Y: relu' = [Y > 0], sigmoid' = Y (1 - Y), tanh' = 1 - Y^2.
#include <cmath>

#include "schemas/diagnostic.h"
#include "tests/reference/functions.h"

namespace thaw::reference {
namespace {

double relu(double x) { return x > 0 ? x : 0; }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

double relu_slope(double y) { return y > 0 ? 1 : 0; }
double sigmoid_slope(double y) { return y * (1 - y); }
double tanh_slope(double y) { return 1 - y * y; }

template <double (*f)(double)>
std::vector<Tensor> map(const Call& call) {
  Tensor y = call.in(0);
  for (double& value : y.values) value = f(value);
  return {y};
}

template <double (*slope)(double)>
std::vector<Tensor> gradient(const Call& call) {
  Tensor dx = call.in(0);
  for (std::size_t i = 0; i < dx.values.size(); ++i) dx.values[i] *= slope(call.in(1).values.at(i));
  return {dx};
}

std::vector<Tensor> add(const Call& call) {
  Tensor sum = call.in(0);
  for (std::size_t i = 0; i < sum.values.size(); ++i) sum.values[i] += call.in(1).values.at(i);
  return {sum};
}

std::vector<Tensor> constant(const Call& call) { return {Tensor({}, {call.node.attributes.real("value_float")})}; }

}  // namespace

void apply_fused_activation(const Call& call, Tensor& y) {
  const std::string activation = call.node.attributes.text("activation");
  if (activation.empty()) return;
  if (activation != "Relu" && activation != "Tanh") {
    throw InternalError("reference: no fused activation is called " + activation);
  }
  for (double& value : y.values) value = activation == "Relu" ? relu(value) : std::tanh(value);
}

void add_elementwise(Functions& functions) {
  functions["Relu"] = map<relu>;
  functions["Sigmoid"] = map<sigmoid>;
  functions["Tanh"] = map<std::tanh>;
  functions["ReluGrad"] = gradient<relu_slope>;
  functions["SigmoidGrad"] = gradient<sigmoid_slope>;
  functions["TanhGrad"] = gradient<tanh_slope>;
  functions["Add"] = add;
  functions["Constant"] = constant;
}

}  // namespace thaw::reference
