// Normalization within a sample. Sources: ONNX LayerNormalization-17, InstanceNormalization-6, GroupNormalization-21.
//
//   LayerNormalization(X, scale, B?) {axis -1, epsilon 1e-5} -> Y, mean, inv_std_dev
//     over the axes from `axis` on, which are scale's and B's shape; mean and inv_std_dev keep them with extent 1
//   LayerNormalizationGrad(dY, X, scale, mean, inv_std_dev) {axis, has_bias} -> dX, dscale, dB?
//   InstanceNormalization(X[N,C,...], scale[C], B[C]) {epsilon} -> Y        over each channel of each sample
//   GroupNormalization(X[N,C,...], scale[C], B[C]) {num_groups, epsilon} -> Y  over each group of channels of a sample
//   GroupNormalizationGrad(dY, X, scale) {num_groups, epsilon} -> dX, dscale, dB   an instance is a group of one
//   channel
#include "graph/builder.h"
#include "ops/axis.h"
#include "ops/norm/norm.h"

namespace thaw {
namespace {

std::vector<TensorType> infer_layer(const InferContext& context) {
  const Shape& x = context.shape(0);
  const std::size_t axis = checked_axis(context, "axis", context.node.attributes.integer("axis", -1), x.size());
  expect_epsilon(context);
  const auto middle = x.begin() + static_cast<std::ptrdiff_t>(axis);
  const Shape normalized(middle, x.end());
  for (int i = 1; i < context.input_count(); ++i) {
    if (!context.has_input(i) || context.shape(i) == normalized) continue;
    context.fail("input", "normalizes " + to_text(normalized) + ", but its " + (i == 1 ? "scale" : "bias") + " is " +
                              to_text(context.shape(i)));
  }
  Shape rows(x.begin(), middle);
  rows.resize(x.size(), 1);
  const TensorType statistics{DType::kFloat32, rows};
  return {context.input(0), statistics, statistics};
}

std::vector<ValueId> layer_gradient(const GradientContext& context) {
  const std::size_t count = context.node.inputs.size();
  if (context.grad() == kNoValue) return std::vector<ValueId>(count, kNoValue);
  const bool has_bias = count > 2 && context.input(2) != kNoValue;
  Attributes attributes{{"axis", context.node.attributes.integer("axis", -1)},
                        {"has_bias", static_cast<std::int64_t>(has_bias)}};
  auto grads = context.builder.nodes(
      "LayerNormalizationGrad",
      {context.grad(), context.input(0), context.input(1), context.output(1), context.output(2)}, attributes);
  grads.resize(count, kNoValue);
  return grads;
}

std::vector<TensorType> infer_layer_grad(const InferContext& context) {
  std::vector<TensorType> types{context.input(1), context.input(2)};
  if (context.node.attributes.integer("has_bias")) types.push_back(context.input(2));
  return types;
}

std::vector<TensorType> infer_group(const InferContext& context, bool is_instance) {
  const Shape& x = context.shape(0);
  if (x.size() < 2) context.fail("input", "needs a batch of channels, but its input is " + to_text(x));
  expect_epsilon(context);
  const std::int64_t groups = is_instance ? x[1] : context.node.attributes.integer("num_groups");
  if (groups < 1 || x[1] % groups != 0) {
    context.fail("num_groups", std::to_string(groups) + " groups do not divide " + std::to_string(x[1]) + " channels");
  }
  expect_per_channel(context, 1, "scale");
  expect_per_channel(context, 2, "bias");
  return {context.input(0)};
}

std::vector<ValueId> group_gradient(const GradientContext& context, bool is_instance) {
  const Attributes& attributes = context.node.attributes;
  const std::int64_t groups =
      is_instance ? context.builder.graph().value(context.input(0)).type.shape[1] : attributes.integer("num_groups");
  return context.builder.nodes("GroupNormalizationGrad", {context.grad(), context.input(0), context.input(1)},
                               {{"num_groups", groups}, {"epsilon", epsilon_of(attributes)}});
}

void define_group(OpRegistry& registry, const std::string& name, bool is_instance) {
  registry.add({.name = name,
                .min_inputs = 3,
                .max_inputs = 3,
                .infer = [=](const InferContext& context) { return infer_group(context, is_instance); },
                .differentiability = Differentiability::kRule,
                .gradient = [=](const GradientContext& context) { return group_gradient(context, is_instance); },
                .flops = [](const InferContext& context) { return 7 * element_count(context.shape(0)); }});
}

}  // namespace

void define_sample_norm(OpRegistry& registry) {
  registry.add({.name = "LayerNormalization",
                .min_inputs = 2,
                .max_inputs = 3,
                .infer = infer_layer,
                .differentiability = Differentiability::kRule,
                .gradient = layer_gradient,
                .flops = [](const InferContext& context) { return 7 * element_count(context.shape(0)); }});
  registry.add({.name = "LayerNormalizationGrad",
                .min_inputs = 5,
                .max_inputs = 5,
                .infer = infer_layer_grad,
                .flops = [](const InferContext& context) { return 11 * element_count(context.shape(0)); }});
  define_group(registry, "InstanceNormalization", true);
  define_group(registry, "GroupNormalization", false);
  registry.add({.name = "GroupNormalizationGrad",
                .min_inputs = 3,
                .max_inputs = 3,
                .infer =
                    [](const InferContext& context) {
                      return std::vector<TensorType>{context.input(1), context.input(2), context.input(2)};
                    },
                .flops = [](const InferContext& context) { return 13 * element_count(context.shape(0)); }});
}

}  // namespace thaw
