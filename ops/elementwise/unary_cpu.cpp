// CPU kernels of functions of one number: one loop, compiled for each function of functions.h and each instruction set.
#include <type_traits>

#include "ops/elementwise/broadcast_cpu.h"
#include "ops/elementwise/families.h"
#include "ops/elementwise/functions.h"
#include "schemas/diagnostic.h"

namespace thaw::cpu {
namespace {

template <typename F>
F function_of(const BindContext& context) {
  if constexpr (std::is_constructible_v<F, const Attributes&>) {
    return F(context.node().attributes);
  } else {
    return F();
  }
}

template <typename F>
struct GradientOf {
  F f;
  THAW_FUNCTION float operator()(float dy, float z) const { return f.gradient(dy, z); }
};

template <typename F>
void add_function(KernelTable& table, const std::string& name) {
  table[name] = [](BindContext& context) { return bind_broadcast(context, broadcast_of<1>(function_of<F>(context))); };
}

template <typename F>
void add(KernelTable& table, const std::string& name) {
  add_function<F>(table, name);
  table[name + "Grad"] = [](BindContext& context) {
    return bind_broadcast(context, broadcast_of<2>(GradientOf<F>{function_of<F>(context)}));
  };
}

template <typename F>
TileFunction tile_of(const FusedActivation& activation) {
  if constexpr (std::is_constructible_v<F, const Attributes&>) {
    return broadcast_of<1>(F(activation.attributes())).tile;
  } else {
    return broadcast_of<1>(F()).tile;
  }
}

}  // namespace

TileFunction function_of(const FusedActivation& activation) {
  namespace f = functions;
  const std::string& name = activation.name;
  if (name == "Relu") return tile_of<f::Relu>(activation);
  if (name == "LeakyRelu") return tile_of<f::LeakyRelu>(activation);
  if (name == "Elu") return tile_of<f::Elu>(activation);
  if (name == "Clip") return tile_of<f::Clip>(activation);
  if (name == "Tanh") return tile_of<f::Tanh>(activation);
  if (name == "Swish") return tile_of<f::Swish>(activation);
  if (name == "HardSwish") return tile_of<f::HardSwish>(activation);
  throw InternalError(name + " cannot be fused");
}

void add_unary_kernels(KernelTable& table) {
  namespace f = functions;
  add<f::Relu>(table, "Relu");
  add<f::LeakyRelu>(table, "LeakyRelu");
  add<f::Elu>(table, "Elu");
  add<f::Selu>(table, "Selu");
  add<f::Clip>(table, "Clip");
  add<f::Sigmoid>(table, "Sigmoid");
  add<f::HardSigmoid>(table, "HardSigmoid");
  add<f::HardSwish>(table, "HardSwish");
  add<f::Softplus>(table, "Softplus");
  add<f::Softsign>(table, "Softsign");
  add<f::Tanh>(table, "Tanh");
  add<f::Exp>(table, "Exp");
  add<f::Log>(table, "Log");
  add<f::Sqrt>(table, "Sqrt");
  add<f::Reciprocal>(table, "Reciprocal");
  add<f::Abs>(table, "Abs");
  add<f::Erf>(table, "Erf");
  add<f::Gelu>(table, "Gelu");
  add<f::Swish>(table, "Swish");
  add<f::Mish>(table, "Mish");
  add_function<f::Neg>(table, "Neg");
  add_function<f::Floor>(table, "Floor");
  add_function<f::Ceil>(table, "Ceil");
  add_function<f::Round>(table, "Round");
}

}  // namespace thaw::cpu
