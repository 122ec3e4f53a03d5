// Losses, one value a sample, and their weighted mean over a batch; see class_loss.cpp for those of classes. Source:
// Keras losses.
//
//   CrossEntropyLoss(P[N,C], label) -> L[N]             on probabilities; always fused with the Softmax before it
//   DistributionCrossEntropyLoss(P[N,C], T[N,C]) -> L[N]  against the classes' shares; fused likewise
//   BinaryCrossEntropyLoss(P[N,K], T[N,K]) -> L[N]      mean over K; always fused with the Sigmoid before it
//   SigmoidCrossEntropyLoss(X, T) {label_smoothing = 0} -> L[N]
//   SigmoidCrossEntropyLossGrad(dL, X, T) {label_smoothing} -> dX = dL * (sigmoid(X) - T') / K, T' = (1 - s) T + s / 2
//   MeanSquaredErrorLoss(Y, T) -> L[N];     MeanSquaredErrorLossGrad(dL, Y, T) -> dY = dL * 2 (Y - T) / K
//   HuberLoss(Y, T) {delta} -> L[N];        HuberLossGrad(dL, Y, T) {delta} -> dY = dL * clip(Y - T, -delta, delta) / K
//   WeightedMean(L[N], w[N]) {scale} -> scalar = scale * sum(w L) / sum(w), 0 if all weights are 0
//   WeightedMeanGrad(dS, w) {scale} -> dL = dS * scale * w / sum(w)
#include "graph/builder.h"
#include "ops/definitions.h"
#include "ops/loss/class_loss.h"
#include "ops/window.h"

namespace thaw {
namespace {

TensorType per_sample(const InferContext& context, int i) { return {DType::kFloat32, {context.shape(i).at(0)}}; }

void expect_labels(const InferContext& context, int i) {
  const Shape& rows = context.shape(0);
  if (context.input(i) != TensorType{DType::kInt32, {rows[0]}})
    context.fail("input", "labels must be one integer a sample");
}

std::vector<TensorType> infer_class_loss(const InferContext& context) {
  expect_rank(context, 0, 2, "one value a class");
  expect_labels(context, 1);
  return {per_sample(context, 0)};
}

std::vector<TensorType> infer_pair_loss(const InferContext& context) {
  expect_rank(context, 0, 2, "one row of values a sample");
  if (context.input(0) != context.input(1)) {
    context.fail("input", "gives " + to_text(context.shape(0)) + ", its target is " + to_text(context.shape(1)));
  }
  return {per_sample(context, 0)};
}

std::vector<TensorType> infer_like_second(const InferContext& context) { return {context.input(1)}; }

std::vector<TensorType> infer_mean(const InferContext& context) {
  expect_rank(context, 0, 1, "one loss a sample");
  if (context.input(0) != context.input(1)) context.fail("input", "needs one weight a sample");
  return {{DType::kFloat32, {}}};
}

/// Of a kernel that does `each` operations on every element of its input `i`.
auto flops_each(std::int64_t each, int i) {
  return [each, i](const InferContext& context) { return each * element_count(context.shape(i)); };
}

/// The gradient of a loss of (prediction, target): flows to the prediction alone.
auto pair_gradient(const std::string& grad_op) {
  return [grad_op](const GradientContext& context) {
    const ValueId grad =
        context.builder.node(grad_op, {context.grad(), context.input(0), context.input(1)}, context.node.attributes);
    return std::vector<ValueId>{grad, kNoValue};
  };
}

void define_pair_loss(OpRegistry& registry, const std::string& name) {
  registry.add({.name = name,
                .min_inputs = 2,
                .max_inputs = 2,
                .infer = infer_pair_loss,
                .differentiability = Differentiability::kRule,
                .gradient = pair_gradient(name + "Grad"),
                .flops = flops_each(name == "SigmoidCrossEntropyLoss" ? 4 : 3, 0)});
  registry.add(
      {.name = name + "Grad", .min_inputs = 3, .max_inputs = 3, .infer = infer_like_second, .flops = flops_each(3, 1)});
}

std::vector<ValueId> mean_gradient(const GradientContext& context) {
  const ValueId grad =
      context.builder.node("WeightedMeanGrad", {context.grad(), context.input(1)}, context.node.attributes);
  return {grad, kNoValue};
}

/// A loss on probabilities becomes one on what the activation read: fewer passes, and exact where p is 0 or 1.
FusionRule fuse_into_loss(const std::string& activation, const std::string& loss, const std::string& fused_op,
                          bool gives_log_prob) {
  return {activation + " into " + loss, [=](Graph& graph, int i) {
            const Node old = graph.nodes()[static_cast<std::size_t>(i)];
            if (old.op != loss) return false;
            const int producer = graph.value(old.inputs[0]).producer;
            if (producer < 0) return false;
            const Node& feeding = graph.nodes()[static_cast<std::size_t>(producer)];
            const std::int64_t axis = feeding.attributes.integer("axis", -1);
            if (feeding.op != activation || (axis != -1 && axis != 1)) return false;  // along the rows
            const ValueId logits = feeding.inputs[0];
            const TensorType row_type = graph.value(logits).type;
            ValueId log_prob = kNoValue;
            if (gives_log_prob) {
              log_prob = graph.add_value({old.layer + "/log_prob", row_type, ValueKind::kComputed, i, false});
            }
            Node& node = graph.nodes()[static_cast<std::size_t>(i)];
            node.op = fused_op;
            node.inputs[0] = logits;
            if (gives_log_prob) node.outputs.push_back(log_prob);
            return true;
          }};
}

}  // namespace

void define_loss(OpRegistry& registry) {
  // The losses on probabilities never run: their activation is required by the experiment's checks, then fused.
  registry.add({.name = "CrossEntropyLoss", .min_inputs = 2, .max_inputs = 2, .infer = infer_class_loss});
  registry.add({.name = "DistributionCrossEntropyLoss", .min_inputs = 2, .max_inputs = 2, .infer = infer_pair_loss});
  registry.add({.name = "BinaryCrossEntropyLoss", .min_inputs = 2, .max_inputs = 2, .infer = infer_pair_loss});
  registry.add_fusion(fuse_into_loss("Softmax", "CrossEntropyLoss", "SoftmaxCrossEntropyLoss", true));
  registry.add_fusion(
      fuse_into_loss("Softmax", "DistributionCrossEntropyLoss", "SoftmaxDistributionCrossEntropyLoss", true));
  registry.add_fusion(fuse_into_loss("Sigmoid", "BinaryCrossEntropyLoss", "SigmoidCrossEntropyLoss", false));

  define_class_loss(registry);
  define_pair_loss(registry, "SigmoidCrossEntropyLoss");
  define_pair_loss(registry, "MeanSquaredErrorLoss");
  define_pair_loss(registry, "HuberLoss");
  registry.add({.name = "WeightedMean",
                .min_inputs = 2,
                .max_inputs = 2,
                .infer = infer_mean,
                .differentiability = Differentiability::kRule,
                .gradient = mean_gradient,
                .flops = flops_each(2, 0)});
  registry.add({.name = "WeightedMeanGrad",
                .min_inputs = 2,
                .max_inputs = 2,
                .infer = infer_like_second,
                .flops = flops_each(2, 1)});
}

}  // namespace thaw
