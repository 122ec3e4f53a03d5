// Local response normalization across channels. Source: ONNX LRN-13 (Krizhevsky et al. 2012).
//
//   LRN(X[N,C,...]) {size, alpha 1e-4, beta 0.75, bias 1} -> Y
//     Y[c] = X[c] / (bias + alpha / size * sum of X[i]^2)^beta   over i = c - floor((size-1)/2) .. c + ceil((size-1)/2)
//   LRNGrad(dY, X) {as LRN} -> dX
#include "graph/builder.h"
#include "ops/norm/norm.h"

namespace thaw {
namespace {

std::vector<TensorType> infer_lrn(const InferContext& context) {
  const Shape& x = context.shape(0);
  if (x.size() < 2) context.fail("input", "needs a batch of channels, but its input is " + to_text(x));
  if (context.node.attributes.integer("size") < 1) context.fail("size", "must be given, at least 1");
  return {context.input(0)};
}

std::int64_t lrn_flops(const InferContext& context) {
  return (context.node.attributes.integer("size") + 4) * element_count(context.shape(0));
}

}  // namespace

void define_lrn(OpRegistry& registry) {
  registry.add({.name = "LRN",
                .infer = infer_lrn,
                .differentiability = Differentiability::kRule,
                .gradient =
                    [](const GradientContext& context) {
                      return std::vector<ValueId>{
                          context.builder.node("LRNGrad", {context.grad(), context.input(0)}, context.node.attributes)};
                    },
                .flops = lrn_flops});
  registry.add({.name = "LRNGrad",
                .min_inputs = 2,
                .max_inputs = 2,
                .infer = infer_lrn,
                .flops = [](const InferContext& context) { return 2 * lrn_flops(context); }});
}

}  // namespace thaw
