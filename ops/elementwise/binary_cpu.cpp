// CPU kernels of functions of two numbers and of their gradients.
#include "ops/elementwise/broadcast_cpu.h"
#include "ops/elementwise/families.h"
#include "ops/elementwise/functions.h"

namespace thaw::cpu {
namespace {

template <typename F>
std::unique_ptr<Kernel> bind_pair(BindContext& context) {
  return bind_broadcast(context, broadcast_of<2>(F()));
}

/// A gradient by the input that the attribute says.
template <typename First, typename Second>
std::unique_ptr<Kernel> bind_gradient(BindContext& context) {
  return bind_broadcast(
      context, context.node().attributes.integer("input") == 0 ? broadcast_of<3>(First()) : broadcast_of<3>(Second()));
}

}  // namespace

void add_binary_kernels(KernelTable& table) {
  namespace f = functions;
  table["Add"] = [](BindContext& context) {
    const bool has_relu = context.node().attributes.text("activation") == "Relu";
    return has_relu ? bind_pair<f::AddRelu>(context) : bind_pair<f::Add>(context);
  };
  table["Sub"] = bind_pair<f::Sub>;
  table["Mul"] = bind_pair<f::Mul>;
  table["Div"] = bind_pair<f::Div>;
  table["Pow"] = bind_pair<f::Pow>;
  table["Max"] = bind_pair<f::Max>;
  table["Min"] = bind_pair<f::Min>;
  table["PRelu"] = bind_pair<f::PRelu>;
  table["PowGrad"] = bind_gradient<f::PowGradBase, f::PowGradExponent>;
  table["MaxGrad"] = bind_gradient<f::MaxGradFirst, f::MaxGradSecond>;
  table["MinGrad"] = bind_gradient<f::MinGradFirst, f::MinGradSecond>;
  table["PReluGrad"] = bind_gradient<f::PReluGradInput, f::PReluGradSlope>;
}

}  // namespace thaw::cpu
