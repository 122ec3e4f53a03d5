// CPU gradients of sums and norms: elementwise, dY and Y repeated along the reduced axes.
#include "ops/elementwise/broadcast_cpu.h"
#include "ops/reduce/groups_cpu.h"
#include "ops/reduce/reduction.h"

namespace thaw::cpu {
namespace {

struct Scale {
  float scale;
  THAW_FUNCTION float operator()(float dy) const { return scale * dy; }
};
struct L1Grad {
  THAW_FUNCTION float operator()(float dy, float x, float) const { return x > 0 ? dy : x < 0 ? -dy : 0; }
};
struct L2Grad {
  THAW_FUNCTION float operator()(float dy, float x, float y) const { return y == 0 ? 0 : dy * x / y; }
};
struct SumSquareGrad {
  THAW_FUNCTION float operator()(float dy, float x, float) const { return 2.0F * dy * x; }
};
struct LogSumGrad {
  THAW_FUNCTION float operator()(float dy, float, float y) const { return dy * functions::exp(-y); }
};
struct LogSumExpGrad {
  THAW_FUNCTION float operator()(float dy, float x, float y) const { return dy * functions::exp(x - y); }
};

template <typename F>
std::unique_ptr<Kernel> bind_norm_grad(BindContext& context) {
  const Shape& shape = context.input_type(1).shape;
  const Shape kept = Reduction::of(context.node().attributes, shape.size()).kept_extents(shape);
  Broadcast broadcast = broadcast_of<3>(F());
  broadcast.aligned = {kept, shape, kept};
  return bind_broadcast(context, std::move(broadcast));
}

std::unique_ptr<Kernel> bind_sum_grad(BindContext& context) {
  const Attributes& attributes = context.node().attributes;
  const Shape& shape = context.output_type(0).shape;
  Broadcast broadcast = broadcast_of<1>(Scale{static_cast<float>(attributes.real("scale", 1))});
  broadcast.aligned = {Reduction::of(attributes, shape.size()).kept_extents(shape)};
  return bind_broadcast(context, std::move(broadcast));
}

}  // namespace

void add_reduce_gradients(KernelTable& table) {
  table["ReduceSumGrad"] = bind_sum_grad;
  table["ReduceL1Grad"] = bind_norm_grad<L1Grad>;
  table["ReduceL2Grad"] = bind_norm_grad<L2Grad>;
  table["ReduceSumSquareGrad"] = bind_norm_grad<SumSquareGrad>;
  table["ReduceLogSumGrad"] = bind_norm_grad<LogSumGrad>;
  table["ReduceLogSumExpGrad"] = bind_norm_grad<LogSumExpGrad>;
}

}  // namespace thaw::cpu
