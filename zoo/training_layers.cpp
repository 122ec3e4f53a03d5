#include "zoo/training_layers.h"

#include <algorithm>

namespace thaw {
namespace {

/// The key of a layer's draws: FNV-1a over its name, 64 bits, mixed with the seed. Philox, which takes it as its key,
/// does the rest.
std::int64_t draw_key(std::uint64_t seed, const std::string& layer) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : "dropout/" + layer) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return static_cast<std::int64_t>(hash ^ (seed * 0x9e3779b97f4a7c15U));
}

ParameterInit* find_parameter(const ComposeContext& context, ValueId value) {
  auto& parameters = context.model.parameters;
  const std::string& name = context.builder.graph().value(value).name;
  const auto found = std::find_if(parameters.rbegin(), parameters.rend(),
                                  [&](const ParameterInit& parameter) { return parameter.name == name; });
  return found == parameters.rend() ? nullptr : &*found;
}

/// All that a rule may call one of its tensors by.
std::vector<std::string> names_of(const ComposeContext& context, const BatchNorm& norm, ValueId value) {
  const ParameterInit* parameter = find_parameter(context, value);
  std::vector<std::string> names = parameter ? parameter->names() : std::vector<std::string>{};
  names.push_back(norm.layer);
  return names;
}

/// What rules say while training.
Statistics ruled_statistics(const ComposeContext& context, const BatchNorm& norm, int stage) {
  const Treatments& treatments = context.options.treatments;
  std::vector<std::string> all{norm.layer};
  for (const ValueId value : {norm.scale, norm.bias, norm.mean, norm.variance}) {
    for (std::string& name : names_of(context, norm, value)) all.push_back(std::move(name));
  }
  if (treatments.of(all, stage).batch_norm == STORED_STATISTICS) return Statistics::kStored;
  const bool is_frozen = !treatments.of(names_of(context, norm, norm.scale), stage).is_trainable &&
                         !treatments.of(names_of(context, norm, norm.bias), stage).is_trainable;
  return is_frozen ? Statistics::kStored : Statistics::kBatch;
}

/// What tables and the proof that frozen tensors stay the same need to know of it.
void note_statistics(const ComposeContext& context, const BatchNorm& norm) {
  const Treatments& treatments = context.options.treatments;
  bool is_ever_changed = false;
  for (int stage = 0; stage <= treatments.stages(); ++stage) {
    is_ever_changed = is_ever_changed || ruled_statistics(context, norm, stage) == Statistics::kBatch;
  }
  const bool is_stored = ruled_statistics(context, norm, treatments.stage()) == Statistics::kStored;
  for (const ValueId value : {norm.scale, norm.bias, norm.mean, norm.variance}) {
    ParameterInit* parameter = find_parameter(context, value);
    if (!parameter) continue;
    parameter->has_stored_statistics = is_stored;
    if (parameter->role == ParameterRole::kStatistic) parameter->is_ever_changed = is_ever_changed;
  }
}

}  // namespace

Statistics statistics_of(const ComposeContext& context, const BatchNorm& norm) {
  if (!context.options.is_training) return Statistics::kStored;
  return ruled_statistics(context, norm, context.options.treatments.stage());
}

ValueId add_batch_norm(const ComposeContext& context, const BatchNorm& norm) {
  Builder& builder = context.builder;
  const Attributes attributes{{"epsilon", norm.epsilon}};
  note_statistics(context, norm);
  if (statistics_of(context, norm) == Statistics::kStored) {
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
