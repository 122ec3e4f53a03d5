#include "zoo/training_layers.h"

namespace thaw {
namespace {

/// The key of a layer's draws: FNV-1a over its name, 64 bits, mixed with the seed. Philox, which takes it as its key,
/// does the rest.
std::int64_t draw_key(std::uint64_t seed, const std::string& layer) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : "dropout/" + layer) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return static_cast<std::int64_t>(hash ^ (seed * 0x9e3779b97f4a7c15U));
}

}  // namespace

Statistics statistics_of(const ComposeOptions& options, const std::string& /*layer*/) {
  return options.is_training ? Statistics::kBatch : Statistics::kStored;
}

ValueId add_batch_norm(const ComposeContext& context, const BatchNorm& norm) {
  Builder& builder = context.builder;
  const Attributes attributes{{"epsilon", norm.epsilon}};
  if (statistics_of(context.options, norm.layer) == Statistics::kStored) {
    return builder.node("BatchNormalization", {norm.input, norm.scale, norm.bias, norm.mean, norm.variance},
                        attributes);
  }
  const auto outputs = builder.nodes("BatchNormalizationTraining", {norm.input, norm.scale, norm.bias}, attributes);
  const Shape& x = context.shape(norm.input);
  const std::int64_t count = element_count(x) / x[1];
  context.model.running.push_back({norm.mean, outputs[1], norm.momentum, 0});
  context.model.running.push_back({norm.variance, outputs[2], norm.momentum, count});
  return outputs[0];
}

ValueId add_dropout(const ComposeContext& context, ValueId input, double rate, const std::string& layer) {
  if (!context.options.is_training || rate == 0) return input;
  ComposedModel& model = context.model;
  if (model.step == kNoValue) model.step = context.builder.input("step", {DType::kInt32, {}});
  return context.builder.node("Dropout", {input, model.step},
                              {{"ratio", rate}, {"seed", draw_key(context.options.seed, layer)}});
}

}  // namespace thaw
