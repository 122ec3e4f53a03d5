// Normalization within a sample and across a batch. Sources: ONNX BatchNormalization-15, LayerNormalization-17,
// InstanceNormalization-6, GroupNormalization-21 (scale and bias per channel), LRN-13.
//
//   BatchNormalization(X[N,C,...], scale[C], B[C], mean[C], var[C]) {epsilon} -> Y       with stored statistics
//   BatchNormalizationTraining(X, scale, B) {epsilon} -> Y, mean[C], var[C]              of this batch; var over all
//   N... BatchNormalizationGrad, BatchNormalizationTrainingGrad(dY, X, scale, mean, var) {epsilon} -> dX, dscale, dB
//   RunningAverage(running, batch, norm?) {momentum, unbiased_count}    in place: running = momentum running + (1 -
//   momentum) batch;
//     batch times n / (n - 1) if unbiased_count is n > 1; not at all if norm, the step's gradient norm, is not a number
//   LayerNormalization(X, scale, B?) {axis, epsilon} -> Y, mean, inv_std_dev             over the axes from `axis` on
//   GroupNormalization(X[N,C,...], scale[C], B[C]) {num_groups, epsilon} -> Y;  InstanceNormalization: a group a
//   channel
//   ...Grad(dY, X, scale) {...} -> dX, dscale, dB
//   LRN(X[N,C,...]) {size, alpha, beta, bias} -> Y;  LRNGrad(dY, X) {...} -> dX
#include "ops/norm/norm.h"

#include "graph/builder.h"
#include "ops/definitions.h"

namespace thaw {
namespace {

void expect_channels(const InferContext& context) {
  if (context.shape(0).size() < 2)
    context.fail("input", "needs a batch and channels, but its input is " + to_text(context.shape(0)));
  const Shape channels{context.shape(0)[1]};
  for (int i = 1; i < context.input_count(); ++i) {
    if (context.has_input(i) && context.shape(i) != channels) {
      context.fail("input", "scale, bias and statistics must have one value a channel, " + to_text(channels) +
                                ", not " + to_text(context.shape(i)));
    }
  }
}

std::vector<TensorType> infer_batch_norm(const InferContext& context) {
  expect_channels(context);
  return {context.input(0)};
}

std::vector<TensorType> infer_batch_norm_training(const InferContext& context) {
  expect_channels(context);
  return {context.input(0), context.input(1), context.input(1)};
}

/// (dY, X, scale, ...) -> dX, dscale, dB.
std::vector<TensorType> infer_grad(const InferContext& context) {
  return {context.input(1), context.input(2), context.input(2)};
}

/// The gradient operator gives all three; the bias has the scale's shape wherever there is one.
auto norm_gradient(const std::string& op, bool has_statistics) {
  return [op, has_statistics](const GradientContext& context) {
    std::vector<ValueId> inputs{context.grad(), context.input(0), context.input(1)};
    if (has_statistics) {
      const bool is_training = context.node.outputs.size() == 3;
      for (int i = 0; i < 2; ++i) inputs.push_back(is_training ? context.output(i + 1) : context.input(i + 3));
    }
    const auto outputs = context.builder.nodes(op, inputs, context.node.attributes);
    std::vector<ValueId> grads(context.node.inputs.size(), kNoValue);
    std::copy(outputs.begin(), outputs.begin() + std::min<std::ptrdiff_t>(3, static_cast<std::ptrdiff_t>(grads.size())),
              grads.begin());
    return grads;
  };
}

std::vector<TensorType> infer_running_average(const InferContext& context) {
  if (context.input(0) != context.input(1)) context.fail("input", "the batch's statistic is of another shape");
  return {};
}

std::vector<TensorType> infer_layer_norm(const InferContext& context) {
  const Shape& x = context.shape(0);
  const std::int64_t rank = static_cast<std::int64_t>(x.size()), given = context.node.attributes.integer("axis", -1);
  if (given < -rank || given >= rank)
    context.fail("axis", "is " + std::to_string(given) + ", its input has " + std::to_string(rank) + " axes");
  const auto axis = static_cast<std::size_t>(given < 0 ? given + rank : given);
  const Shape normalized(x.begin() + static_cast<std::ptrdiff_t>(axis), x.end());
  for (int i = 1; i < context.input_count(); ++i) {
    if (context.has_input(i) && context.shape(i) != normalized) {
      context.fail("input", "scale and bias must be " + to_text(normalized) + ", not " + to_text(context.shape(i)));
    }
  }
  Shape statistics = x;
  std::fill(statistics.begin() + static_cast<std::ptrdiff_t>(axis), statistics.end(), 1);
  return {context.input(0), {DType::kFloat32, statistics}, {DType::kFloat32, statistics}};
}

std::vector<TensorType> infer_group_norm(const InferContext& context) {
  expect_channels(context);
  const std::int64_t groups = context.node.attributes.integer("num_groups", 1);
  if (groups < 1 || context.shape(0)[1] % groups != 0) {
    context.fail("num_groups",
                 std::to_string(context.shape(0)[1]) + " channels do not make " + std::to_string(groups) + " groups");
  }
  return {context.input(0)};
}

std::vector<TensorType> infer_lrn(const InferContext& context) {
  if (context.shape(0).size() < 2)
    context.fail("input", "needs a batch and channels, but its input is " + to_text(context.shape(0)));
  if (context.node.attributes.integer("size") < 1) context.fail("size", "must be at least 1");
  return {context.input(0)};
}

std::int64_t five_flops_each(const InferContext& context) { return 5 * element_count(context.shape(0)); }

void define_pair(OpRegistry& registry, const std::string& name, int min_inputs, int max_inputs,
                 std::vector<TensorType> (*infer)(const InferContext&), bool has_statistics) {
  registry.add({.name = name,
                .min_inputs = min_inputs,
                .max_inputs = max_inputs,
                .infer = infer,
                .differentiability = Differentiability::kRule,
                .gradient = norm_gradient(name + "Grad", has_statistics),
                .flops = five_flops_each});
  const int grad_inputs = has_statistics ? 5 : 3;
  registry.add({.name = name + "Grad",
                .min_inputs = grad_inputs,
                .max_inputs = grad_inputs,
                .infer = infer_grad,
                .flops = five_flops_each});
}

}  // namespace

NormRows NormRows::of(const Node& node, const Shape& x) {
  NormRows rows;
  const std::int64_t count = element_count(x);
  rows.epsilon = node.attributes.real("epsilon", 1e-5);
  if (node.op.rfind("Layer", 0) == 0) {
    const std::int64_t given = node.attributes.integer("axis", -1), rank = static_cast<std::int64_t>(x.size());
    rows.rows =
        element_count(Shape(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(given < 0 ? given + rank : given)));
    rows.length = rows.rows == 0 ? 0 : count / rows.rows;
    return rows;
  }
  rows.groups = node.op.rfind("Instance", 0) == 0 ? x[1] : node.attributes.integer("num_groups", 1);
  rows.rows = x[0] * rows.groups;
  rows.length = rows.rows == 0 ? 0 : count / rows.rows;
  rows.channels = x[1] / rows.groups;
  rows.repeat = rows.length / rows.channels;
  return rows;
}

void define_norm(OpRegistry& registry) {
  define_pair(registry, "BatchNormalization", 5, 5, infer_batch_norm, true);
  define_pair(registry, "BatchNormalizationTraining", 3, 3, infer_batch_norm_training, true);
  define_pair(registry, "LayerNormalization", 2, 3, infer_layer_norm, false);
  define_pair(registry, "GroupNormalization", 3, 3, infer_group_norm, false);
  define_pair(registry, "InstanceNormalization", 3, 3, infer_batch_norm, false);
  registry.add({.name = "RunningAverage",
                .min_inputs = 2,
                .max_inputs = 3,
                .infer = infer_running_average,
                .has_side_effect = true});
  registry.add_inference_fusion({"BatchNormalization into Conv", fold_batch_norm});
  registry.add({.name = "LRN",
                .infer = infer_lrn,
                .differentiability = Differentiability::kRule,
                .gradient =
                    [](const GradientContext& context) {
                      return std::vector<ValueId>{
                          context.builder.node("LRNGrad", {context.grad(), context.input(0)}, context.node.attributes)};
                    },
                .flops = five_flops_each});
  registry.add({.name = "LRNGrad", .min_inputs = 2, .max_inputs = 2, .infer = [](const InferContext& context) {
                  return std::vector<TensorType>{context.input(1)};
                }});
}

}  // namespace thaw
