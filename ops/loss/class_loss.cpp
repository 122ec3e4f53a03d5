// Losses of classes, one value a sample or a pixel. Sources: ONNX SoftmaxCrossEntropyLoss-13 and
// NegativeLogLikelihoodLoss-13 (reduction none), Keras's label_smoothing.
//
//   SoftmaxCrossEntropyLoss(X[N,C,d...], label i32 [N,d...], weights[C]?) {label_smoothing = 0, ignore_index?} ->
//     L[N,d...] = -sum over c of truth_c * weights_c * log_prob_c,  log_prob = log softmax of X along axis 1
//   SoftmaxCrossEntropyLossGrad(dL, log_prob, label, weights?) -> dX_c = dL * (softmax_c * S - truth_c * weights_c),
//     S = sum over c of truth_c * weights_c. Nothing flows back through log_prob.
//   NegativeLogLikelihoodLoss(log_prob[N,C,d...], label, weights?) {ignore_index?} -> L = -weights[label]
//   log_prob[label] NegativeLogLikelihoodLossGrad(dL, label, weights?) {input_shape, ignore_index?} -> d log_prob
//   SoftmaxDistributionCrossEntropyLoss(X[N,C], T[N,C]) {label_smoothing = 0} -> L[N], log_prob[N,C]
//     L = -sum over c of truth_c * log_prob_c for truth_c = (1 - s) T_c + s / C: T holds each class's share of a sample
//   SoftmaxDistributionCrossEntropyLossGrad(dL, log_prob, T) {label_smoothing} -> dX_c = dL * (softmax_c * S -
//   truth_c),
//     S = sum over c of truth_c. Nothing flows to T.
//   ClassWeightOf(label, weights[C]?) {ignore_index?} -> weights[label]: the denominators of ONNX's weighted mean
// truth_c is (1 - s) [c = label] + s / C for label_smoothing s; weights count as 1 where there are none. A place whose
// label is ignore_index has loss, gradient and weight 0; so has what a label below 0 or from C on says.
#include "ops/loss/class_loss.h"

#include "graph/builder.h"
#include "ops/window.h"

namespace thaw {
namespace {

void expect_classes(const InferContext& context) {
  if (context.input(0).dtype != DType::kFloat32) context.fail("input", "must be real numbers");
  if (context.shape(0).size() < 2) {
    context.fail("input", "needs one value a class, but its input is " + to_text(context.shape(0)));
  }
}

Shape label_shape(const Shape& classes) {
  Shape shape = classes;
  shape.erase(shape.begin() + 1);
  return shape;
}

void expect_labels(const InferContext& context) {
  const Shape shape = label_shape(context.shape(0));
  if (context.input(1) == TensorType{DType::kInt32, shape}) return;
  if (shape.size() == 1) context.fail("input", "labels must be one integer a sample");
  context.fail("input", "labels must be integers of shape " + to_text(shape));
}

void expect_weights(const InferContext& context, int i, std::int64_t classes) {
  if (context.has_input(i) && context.input(i) != TensorType{DType::kFloat32, {classes}}) {
    context.fail("input", "needs one weight a class, " + std::to_string(classes) + ", but its weights are " +
                              to_text(context.shape(i)));
  }
}

std::vector<TensorType> infer_likelihood(const InferContext& context) {
  expect_classes(context);
  expect_labels(context);
  expect_weights(context, 2, context.shape(0)[1]);
  return {{DType::kFloat32, label_shape(context.shape(0))}};
}

std::vector<TensorType> infer_softmax_loss(const InferContext& context) {
  auto types = infer_likelihood(context);
  types.push_back(context.input(0));
  return types;
}

std::vector<TensorType> infer_weight_of(const InferContext& context) {
  if (context.input(0).dtype != DType::kInt32) context.fail("input", "labels must be integers");
  if (context.has_input(1)) expect_rank(context, 1, 1, "one weight a class");
  return {{DType::kFloat32, context.shape(0)}};
}

std::vector<TensorType> infer_distribution_loss(const InferContext& context) {
  expect_classes(context);
  expect_rank(context, 0, 2, "one value a class");
  if (context.input(0) != context.input(1)) {
    context.fail("input", "gives " + to_text(context.shape(0)) + ", its target is " + to_text(context.shape(1)));
  }
  return {{DType::kFloat32, {context.shape(0)[0]}}, context.input(0)};
}

std::vector<ValueId> distribution_loss_gradient(const GradientContext& context) {
  const ValueId grad =
      context.builder.node("SoftmaxDistributionCrossEntropyLossGrad",
                           {context.grad(0), context.output(1), context.input(1)}, context.node.attributes);
  return {grad, kNoValue};
}

/// (dL, what, label, weights?).
std::vector<ValueId> with_weights(const GradientContext& context, std::vector<ValueId> inputs) {
  if (context.node.inputs.size() > 2) inputs.push_back(context.input(2));
  return inputs;
}

std::vector<ValueId> softmax_loss_gradient(const GradientContext& context) {
  std::vector<ValueId> grads(context.node.inputs.size(), kNoValue);
  grads[0] = context.builder.node("SoftmaxCrossEntropyLossGrad",
                                  with_weights(context, {context.grad(0), context.output(1), context.input(1)}),
                                  context.node.attributes);
  return grads;
}

std::vector<ValueId> likelihood_gradient(const GradientContext& context) {
  std::vector<ValueId> grads(context.node.inputs.size(), kNoValue);
  Attributes attributes = context.node.attributes;
  attributes.set("input_shape", context.builder.graph().value(context.input(0)).type.shape);
  grads[0] = context.builder.node("NegativeLogLikelihoodLossGrad",
                                  with_weights(context, {context.grad(), context.input(1)}), attributes);
  return grads;
}

}  // namespace

void define_class_loss(OpRegistry& registry) {
  registry.add({.name = "SoftmaxCrossEntropyLoss",
                .min_inputs = 2,
                .max_inputs = 3,
                .infer = infer_softmax_loss,
                .differentiability = Differentiability::kRule,
                .gradient = softmax_loss_gradient,
                .flops = [](const InferContext& context) { return 4 * element_count(context.shape(0)); }});
  registry.add({.name = "SoftmaxCrossEntropyLossGrad",
                .min_inputs = 3,
                .max_inputs = 4,
                .infer = [](const InferContext& context) { return std::vector<TensorType>{context.input(1)}; },
                .flops = [](const InferContext& context) { return 4 * element_count(context.shape(1)); }});
  registry.add({.name = "NegativeLogLikelihoodLoss",
                .min_inputs = 2,
                .max_inputs = 3,
                .infer = infer_likelihood,
                .differentiability = Differentiability::kRule,
                .gradient = likelihood_gradient,
                .flops = [](const InferContext& context) { return 2 * element_count(context.shape(1)); }});
  registry.add(
      {.name = "NegativeLogLikelihoodLossGrad",
       .min_inputs = 2,
       .max_inputs = 3,
       .infer =
           [](const InferContext& context) {
             return std::vector<TensorType>{{DType::kFloat32, context.node.attributes.integers("input_shape")}};
           },
       .flops = [](const InferContext& context) { return 2 * element_count(context.shape(0)); }});
  registry.add({.name = "SoftmaxDistributionCrossEntropyLoss",
                .min_inputs = 2,
                .max_inputs = 2,
                .infer = infer_distribution_loss,
                .differentiability = Differentiability::kRule,
                .gradient = distribution_loss_gradient,
                .flops = [](const InferContext& context) { return 6 * element_count(context.shape(0)); }});
  registry.add({.name = "SoftmaxDistributionCrossEntropyLossGrad",
                .min_inputs = 3,
                .max_inputs = 3,
                .infer = [](const InferContext& context) { return std::vector<TensorType>{context.input(1)}; },
                .flops = [](const InferContext& context) { return 6 * element_count(context.shape(1)); }});
  registry.add({.name = "ClassWeightOf",
                .max_inputs = 2,
                .infer = infer_weight_of,
                .differentiability = Differentiability::kNone});
}

}  // namespace thaw
