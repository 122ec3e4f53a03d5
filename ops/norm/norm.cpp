// Normalization over a batch. Source: ONNX BatchNormalization-15. X has rank 2 to 5; axis 1 are the channels.
//
//   BatchNormalization(X, scale[C], B[C], mean[C], var[C]) {epsilon 1e-5} -> Y      with stored statistics
//     Y = (X - mean) / sqrt(var + epsilon) * scale + B
//   BatchNormalizationGradInput(dY, scale, var) {epsilon} -> dX
//   BatchNormalizationGradScale(dY, X, mean, var) {epsilon} -> dscale, dB
//
//   BatchNormalizationTraining(X, scale, B, R?) {epsilon; activation: "" or "Relu", set by fusion}
//     -> Y, batch_mean[C], batch_var[C]     statistics of this batch; the variance is the population's (divided by n)
//     R[X's], by fusion, is added to what is normalized, before the activation.
//   BatchNormalizationTrainingGrad(dY, X, scale, batch_mean, batch_var, B?) {epsilon, activation} -> dX, dscale, dB
//     B is there where a relu was fused: what it let pass is worked out again from X, which is being read anyway.
//
//   RunningAverage(running, batch, norm?) {momentum, unbiased_count 0}      in place, like the optimizers:
//     running = momentum * running + (1 - momentum) * batch (Keras's rule). With unbiased_count n > 1 `batch` is a
//     variance over n numbers and counts n / (n - 1) times, as in Keras's fused kernel and PyTorch. `norm` is what an
//     update node gave: if it is NaN, that step did not happen, and neither does this.
#include "ops/norm/norm.h"

#include "graph/builder.h"
#include "ops/activation.h"
#include "ops/definitions.h"
#include "schemas/diagnostic.h"

namespace thaw {

void expect_per_channel(const InferContext& context, int i, const std::string& name) {
  const std::int64_t channels = context.shape(0).at(1);
  if (context.shape(i) == Shape{channels}) return;
  context.fail("input",
               "has " + std::to_string(channels) + " channels, but its " + name + " is " + to_text(context.shape(i)));
}

void expect_epsilon(const InferContext& context) {
  if (!(epsilon_of(context.node.attributes) >= 0)) context.fail("epsilon", "must not be negative");
}

namespace {

void expect_channels(const InferContext& context) {
  const Shape& x = context.shape(0);
  if (x.size() < 2 || x.size() > 5) {
    context.fail("input", "needs a batch of channels (rank 2 to 5), but its input is " + to_text(x));
  }
}

std::vector<TensorType> infer_inference(const InferContext& context) {
  expect_channels(context);
  expect_epsilon(context);
  int i = 1;
  for (const char* name : {"scale", "bias", "mean", "variance"}) expect_per_channel(context, i++, name);
  return {context.input(0)};
}

std::vector<TensorType> infer_training(const InferContext& context) {
  expect_channels(context);
  expect_epsilon(context);
  expect_per_channel(context, 1, "scale");
  expect_per_channel(context, 2, "bias");
  if (context.has_input(3) && context.input(3) != context.input(0)) {
    throw InternalError(context.node.op + ": what is added has another shape");
  }
  return {context.input(0), context.input(1), context.input(1)};
}

Attributes epsilon_alone(const Attributes& attributes) { return {{"epsilon", epsilon_of(attributes)}}; }

/// The statistics are stored numbers: nothing flows back to them.
std::vector<ValueId> inference_gradient(const GradientContext& context) {
  const Attributes attributes = epsilon_alone(context.node.attributes);
  std::vector<ValueId> grads(5, kNoValue);
  if (context.wants(0)) {
    grads[0] = context.builder.node("BatchNormalizationGradInput", {context.grad(), context.input(1), context.input(4)},
                                    attributes);
  }
  if (context.wants(1) || context.wants(2)) {
    const auto sums =
        context.builder.nodes("BatchNormalizationGradScale",
                              {context.grad(), context.input(0), context.input(3), context.input(4)}, attributes);
    grads[1] = sums[0];
    grads[2] = sums[1];
  }
  return grads;
}

/// Nothing flows back through the statistics as outputs: they feed running averages alone.
std::vector<ValueId> training_gradient(const GradientContext& context) {
  if (context.grad() == kNoValue) return std::vector<ValueId>(context.node.inputs.size(), kNoValue);
  if (context.node.inputs.size() > 3) {
    // What the sum lets pass is not to be seen from X alone.
    const ValueId dy = gradient_before_activation(context);
    auto grads = context.builder.nodes("BatchNormalizationTrainingGrad",
                                       {dy, context.input(0), context.input(1), context.output(1), context.output(2)},
                                       epsilon_alone(context.node.attributes));
    grads.push_back(dy);
    return grads;
  }
  std::vector<ValueId> inputs{context.grad(), context.input(0), context.input(1), context.output(1), context.output(2)};
  if (!context.node.attributes.text("activation").empty()) inputs.push_back(context.input(2));
  return context.builder.nodes("BatchNormalizationTrainingGrad", inputs, context.node.attributes);
}

std::vector<TensorType> infer_training_grad(const InferContext& context) {
  if (!context.node.attributes.text("activation").empty() && !context.has_input(5)) {
    throw InternalError(context.node.op + ": a fused activation needs the bias");
  }
  return {context.input(1), context.input(2), context.input(2)};
}

std::vector<TensorType> infer_running_average(const InferContext& context) {
  if (context.input(0) != context.input(1)) {
    context.fail("input",
                 "averages " + to_text(context.shape(0)) + ", but the batch gives " + to_text(context.shape(1)));
  }
  if (context.has_input(2) && !context.shape(2).empty()) {
    context.fail("input", "needs a scalar norm, but it is " + to_text(context.shape(2)));
  }
  const double momentum = context.node.attributes.real("momentum", -1);
  if (!(momentum >= 0 && momentum <= 1)) context.fail("momentum", "must be given, from 0 to 1");
  return {};
}

}  // namespace

void define_batch_norm(OpRegistry& registry) {
  registry.add({.name = "BatchNormalization",
                .min_inputs = 5,
                .max_inputs = 5,
                .infer = infer_inference,
                .differentiability = Differentiability::kRule,
                .gradient = inference_gradient,
                .in_place_inputs = {0},
                .flops = [](const InferContext& context) { return 2 * element_count(context.shape(0)); }});
  registry.add({.name = "BatchNormalizationGradInput",
                .min_inputs = 3,
                .max_inputs = 3,
                .infer = [](const InferContext& context) { return std::vector<TensorType>{context.input(0)}; },
                .in_place_inputs = {0},
                .flops = [](const InferContext& context) { return element_count(context.shape(0)); }});
  registry.add({.name = "BatchNormalizationGradScale",
                .min_inputs = 4,
                .max_inputs = 4,
                .infer =
                    [](const InferContext& context) {
                      return std::vector<TensorType>{context.input(2), context.input(2)};
                    },
                .flops = [](const InferContext& context) { return 4 * element_count(context.shape(0)); }});
  registry.add({.name = "BatchNormalizationTraining",
                .min_inputs = 3,
                .max_inputs = 4,
                .infer = infer_training,
                .differentiability = Differentiability::kRule,
                .gradient = training_gradient,
                .in_place_inputs = {0, 3},
                .mixes_samples = true,
                .flops = [](const InferContext& context) { return 7 * element_count(context.shape(0)); }});
  registry.add({.name = "BatchNormalizationTrainingGrad",
                .min_inputs = 5,
                .max_inputs = 6,
                .infer = infer_training_grad,
                .in_place_inputs = {0},
                .flops = [](const InferContext& context) { return 9 * element_count(context.shape(0)); }});
  registry.add({.name = "RunningAverage",
                .min_inputs = 2,
                .max_inputs = 3,
                .infer = infer_running_average,
                .has_side_effect = true,
                .flops = [](const InferContext& context) { return 3 * element_count(context.shape(0)); }});
  registry.add_inference_fusion({"BatchNormalization into Conv", fold_batch_norm});
  registry.add_fusion({"relu into BatchNormalizationTraining", [](Graph& graph, int i) {
                         return graph.nodes()[static_cast<std::size_t>(i)].op == "Relu" &&
                                fuse_activation(graph, i, "BatchNormalizationTraining");
                       }});
  registry.add_fusion({"Add into BatchNormalizationTraining", add_residual_to_batch_norm});
}

void define_norm(OpRegistry& registry) {
  define_batch_norm(registry);
  define_sample_norm(registry);
  define_lrn(registry);
}

}  // namespace thaw
