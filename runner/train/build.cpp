#include "runner/train/build.h"

#include <algorithm>
#include <map>
#include <set>

#include "graph/passes/differentiate.h"
#include "graph/passes/rewrite.h"
#include "ops/catalogue.h"
#include "ops/update/update.h"
#include "runner/config/model_facts.h"
#include "schemas/diagnostic.h"
#include "schemas/layer_names.h"
#include "schemas/targets.h"

namespace thaw {
namespace {

struct UpdateOp {
  std::string op;
  Attributes attributes;
};

UpdateOp update_op(const Train& train) {
  UpdateOp update;
  Attributes& a = update.attributes;
  if (train.optimizer().has_adam()) {
    const Adam& adam = train.optimizer().adam();
    update.op = "Adam";
    a = {{"beta_1", adam.beta_1()}, {"beta_2", adam.beta_2()}, {"epsilon", adam.epsilon()}};
  } else if (train.optimizer().has_rmsprop()) {
    const RmsProp& rms = train.optimizer().rmsprop();
    update.op = "RmsProp";
    a = {{"rho", rms.rho()}, {"momentum", rms.momentum()}, {"epsilon", rms.epsilon()}};
  } else {
    const Sgd& sgd = train.optimizer().sgd();
    update.op = "Sgd";
    a = {{"momentum", sgd.momentum()}, {"nesterov", static_cast<std::int64_t>(sgd.nesterov())}};
  }
  if (train.gradient_clipping().has_global_norm()) a.set("clip_global_norm", train.gradient_clipping().global_norm());
  if (train.gradient_clipping().has_value()) a.set("clip_value", train.gradient_clipping().value());
  return update;
}

double weight_decay(const Optimizer& optimizer) {
  if (optimizer.has_adam()) return optimizer.adam().weight_decay();
  if (optimizer.has_rmsprop()) return optimizer.rmsprop().weight_decay();
  return optimizer.sgd().weight_decay();
}

/// Steps done before a weight was released that is trained now: its slots began at 0 there.
std::int64_t first_step(const ParameterInit& parameter, const Treatments& treatments, const TrainingStage& stage) {
  int released = stage.number;
  while (released > 0 && treatments.of(parameter.names(), released - 1).is_trainable) --released;
  return released == 0 ? 0 : stage.begun_after.at(static_cast<std::size_t>(released) - 1);
}

/// What rules say of the parameters that have a gradient, in the order of these.
std::vector<UpdateTerms> terms_of(const Experiment& config, const BuiltGraph& built, const TrainingStage& stage,
                                  const std::map<ValueId, ValueId>& gradients) {
  const Treatments treatments = treatments_of(config, stage.number);
  std::map<std::string, const ParameterInit*> by_name;
  for (const ParameterInit& parameter : built.model.parameters) by_name[parameter.name] = &parameter;
  std::vector<UpdateTerms> terms;
  for (const auto& [value, gradient] : gradients) {
    const ParameterInit& parameter = *by_name.at(built.graph->value(value).name);
    terms.push_back({parameter.treatment.learning_rate_multiplier,
                     weight_decay(config.train().optimizer()) * parameter.treatment.weight_decay_multiplier,
                     first_step(parameter, treatments, stage)});
  }
  return terms;
}

/// One node that updates every parameter that has a gradient.
void add_update(const Experiment& config, const TrainingStage& stage, const std::map<ValueId, ValueId>& gradients,
                Builder& builder, BuiltGraph& built) {
  UpdateOp update = update_op(config.train());
  built.learning_rate = builder.input("learning_rate", {DType::kFloat32, {}});
  built.step = built.model.step != kNoValue ? built.model.step : builder.input("step", {DType::kInt32, {}});
  std::vector<ValueId> inputs{built.objective.total, built.learning_rate, built.step};
  for (const auto& [parameter, gradient] : gradients) inputs.push_back(parameter);
  for (const auto& [parameter, gradient] : gradients) inputs.push_back(gradient);
  for (const std::string& slot : slot_names(update.op, update.attributes)) {
    for (const auto& [parameter, gradient] : gradients) {
      const Value value = builder.graph().value(parameter);
      inputs.push_back(builder.state(value.name + "/" + slot, value.type.shape));
    }
  }
  update.attributes.set("count", static_cast<std::int64_t>(gradients.size()));
  set_update_terms(terms_of(config, built, stage, gradients), update.attributes);
  builder.enter("update", Phase::kUpdate);
  built.gradient_norm = builder.node(update.op, inputs, update.attributes);
  builder.graph().mark_output(built.gradient_norm);
  for (const RunningStatistic& statistic : built.model.running) {
    builder.nodes("RunningAverage", {statistic.running, statistic.batch, built.gradient_norm},
                  {{"momentum", statistic.momentum}, {"unbiased_count", statistic.unbiased_count}});
  }
}

/// A fusion may replace an output by the value it was computed from, at the same place among the graph's outputs.
std::map<std::string, ValueId> reads_after(const std::map<std::string, std::size_t>& places, const Graph& graph) {
  std::map<std::string, ValueId> reads;
  for (const auto& [name, place] : places) reads[name] = graph.outputs().at(place);
  return reads;
}

/// What the host reads: the outputs that losses or metrics compare, each sample's losses, the total.
std::map<std::string, std::size_t> mark_outputs(const Experiment& config, BuiltGraph& built) {
  std::set<std::string> names;
  for (const Loss& loss : config.train().loss()) names.insert(loss.output());
  for (const Metric& metric : config.metric()) names.insert(metric.output());
  std::map<std::string, std::size_t> places;
  for (const std::string& name : names) {
    const ValueId value = built.model.outputs.at(name);
    built.graph->mark_output(value);
    const auto& outputs = built.graph->outputs();
    places[name] = static_cast<std::size_t>(std::find(outputs.begin(), outputs.end(), value) - outputs.begin());
  }
  for (const ObjectiveTerm& term : built.objective.terms) built.graph->mark_output(term.per_sample);
  built.graph->mark_output(built.objective.total);
  return places;
}

/// What a network gives is not known before it was built. False if an output of one is not what its loss takes.
bool are_network_outputs_fit(const Experiment& config, const BuiltGraph& built, Findings& findings) {
  const std::vector<std::string> names = layer_names(config.model());
  bool is_fit = true;
  for (const Loss& loss : config.train().loss()) {
    const auto found = std::find(names.begin(), names.end(), loss.output());
    const int layer = static_cast<int>(found - names.begin());
    if (found == names.end() || (!config.model().layer(layer).has_onnx() && !config.model().layer(layer).has_zoo())) {
      continue;
    }
    const bool is_binary = loss.has_binary_cross_entropy();
    if (!is_binary && !loss.has_categorical_cross_entropy() && !loss.has_sparse_categorical_cross_entropy()) continue;
    const std::string needed = is_binary ? "Sigmoid" : "Softmax";
    const int producer = built.graph->value(built.model.outputs.at(loss.output())).producer;
    if (producer >= 0 && built.graph->nodes()[static_cast<std::size_t>(producer)].op == needed) continue;
    is_fit = false;
    findings.add("model.layer[" + std::to_string(layer) + "]." + layer_kind(config.model().layer(layer)),
                 "\"" + loss.output() + "\" does not end in " + needed + ", but its " + kind_of(loss) + " needs one",
                 std::string("expected a layer { activation { function: ") + (is_binary ? "SIGMOID" : "SOFTMAX") +
                     " } } behind it, with the loss");
  }
  return is_fit;
}

/// Forward graph and losses. False once a layer does not fit.
bool build_forward(const Experiment& config, const ComposeOptions& options, Findings& findings, Builder& builder,
                   BuiltGraph& built) {
  built.model = compose(config.model(), options, builder, findings);
  if (built.model.layers.size() < static_cast<std::size_t>(config.model().layer_size())) return false;
  if (!are_network_outputs_fit(config, built, findings)) return false;
  // Only training mixes; without a validation set, its samples are also those that are judged by.
  const bool are_mixed =
      mixes_samples(config.data().train()) && (options.is_training || !has_validation(config.data()));
  try {
    built.objective = add_objective(config.train(), built.model, {options.batch, are_mixed}, builder);
  } catch (const GraphError& error) {
    findings.add("train.loss", "layer \"" + error.layer() + "\": " + error.message());
    return false;
  }
  return true;
}

/// Lets the graph begin behind the trunk.
void take_off_trunk(BuiltGraph& built) {
  if (built.cut.empty()) return;
  std::vector<ValueId*> outputs;
  for (auto& [name, value] : built.model.outputs) outputs.push_back(&value);
  built.features = feed_features(*built.graph, built.cut, built.model.input, outputs);
}

/// What is to be trained, and at which stage.
struct TrainingBuild {
  const Experiment& config;
  const ModelFiles& files;
  int stage;
  Findings& findings;
};

/// Forward graph, losses and the cut. False if a layer does not fit or nothing is left to learn.
bool build_until_cut(const TrainingBuild& training, Builder& builder, BuiltGraph& built) {
  const auto& [config, files, stage, findings] = training;
  const ComposeOptions options{config.train().batch_size(), true, config.seed(), files, treatments_of(config, stage)};
  if (!build_forward(config, options, findings, builder, built)) return false;
  if (!has_anything_to_learn(config, built.model, stage, findings)) return false;
  std::vector<ValueId> compared;
  for (const Loss& loss : config.train().loss()) compared.push_back(built.model.outputs.at(loss.output()));
  built.cut = find_trunk(*built.graph, operators(), built.model.input, compared);
  return true;
}

void run_passes(const Experiment& config, const std::vector<Pass>& passes, bool wants_dumps, BuiltGraph& built) {
  const auto places = mark_outputs(config, built);
  built.passes = run_pipeline(*built.graph, operators(), passes, wants_dumps);
  built.reads = reads_after(places, *built.graph);
}

Pass fusion(const std::string& name) {
  return {name, [](Graph& graph) { fuse(graph, operators()); }};
}

Pass removal() {
  return {"remove_dead", [](Graph& graph) { remove_dead(graph, operators()); }};
}

}  // namespace

Treatments treatments_of(const Experiment& config, int stage) {
  return config.transfer().has_rules() ? Treatments(config.transfer().rules(), stage) : Treatments();
}

bool has_anything_to_learn(const Experiment& config, const ComposedModel& model, int stage, Findings& findings) {
  const Treatments treatments = treatments_of(config, stage);
  bool has_weights = false;
  for (const ParameterInit& parameter : model.parameters) {
    if (parameter.role != ParameterRole::kLearned) continue;
    if (treatments.of(parameter.names()).is_trainable) return true;
    has_weights = true;
  }
  if (!has_weights) {
    findings.add("model", "has nothing to learn: no layer has weights");
    return false;
  }
  const std::string since = stage == 0 ? "" : " from stage " + std::to_string(stage) + " on";
  const bool is_told = config.transfer().rules().strategy() == "rules";
  findings.add("transfer", "leaves nothing to learn" + since + ": all weights are frozen",
               is_told ? "expected a rule that keeps something trainable"
                       : "expected a layer behind the pretrained ones that learns the new task");
  return false;
}

BuiltGraph build_whole(const Experiment& config, const ModelFiles& files, int stage, Findings& findings) {
  BuiltGraph built;
  built.graph = std::make_shared<Graph>();
  Builder builder(*built.graph, operators());
  build_until_cut({config, files, stage, findings}, builder, built);
  return built;
}

BuiltGraph build_training(const Experiment& config, const ModelFiles& files, Findings& findings,
                          const BuildOptions& how) {
  BuiltGraph built;
  built.graph = std::make_shared<Graph>();
  Builder builder(*built.graph, operators());
  const Pass gradients{"differentiate", [&](Graph&) {
                         const auto found = differentiate(builder, built.objective.total);
                         add_update(config, how.stage, found, builder, built);
                       }};
  if (!build_until_cut({config, files, how.stage.number, findings}, builder, built)) return built;
  take_off_trunk(built);
  run_passes(config, {fusion("fuse"), gradients, fusion("fuse_gradients"), removal()}, how.wants_dumps, built);
  return built;
}

BuiltGraph build_evaluation(const Experiment& config, const ModelFiles& files, const TrunkCut& cut,
                            Findings& findings) {
  BuiltGraph built;
  built.graph = std::make_shared<Graph>();
  Builder builder(*built.graph, operators());
  const ComposeOptions options{config.train().batch_size(), false, config.seed(), files, treatments_of(config, 0)};
  if (build_forward(config, options, findings, builder, built)) {
    built.cut = cut;
    take_off_trunk(built);
    run_passes(config, {fusion("fuse"), removal()}, false, built);
  }
  return built;
}

TrunkGraph build_trunk(const Experiment& config, const ModelFiles& files, const TrunkCut& cut, std::int64_t batch) {
  Graph whole;
  Builder builder(whole, operators());
  Findings findings;
  const ComposedModel model = compose(config.model(), {batch, false, config.seed(), files}, builder, findings);
  if (!findings.empty()) {
    if (batch == config.train().batch_size()) findings.throw_if_any();
    return build_trunk(config, files, cut, config.train().batch_size());
  }
  TrunkGraph trunk = extract_trunk(whole, cut, model.input);
  run_pipeline(*trunk.graph, operators(),
               {{"fuse", [](Graph& graph) { fuse_for_inference(graph, operators()); }}, removal()});
  return trunk;
}

BuiltGraph build_inference(const Experiment& config, const ModelFiles& files, std::int64_t batch, Findings& findings) {
  BuiltGraph built;
  built.graph = std::make_shared<Graph>();
  Builder builder(*built.graph, operators());
  built.model = compose(config.model(), {batch, false, config.seed(), files}, builder, findings);
  if (built.model.layers.size() < static_cast<std::size_t>(config.model().layer_size())) return built;
  std::set<ValueId> taken;
  for (const std::string& name : ModelFacts(config.model()).output_names()) {
    ValueId value = built.model.outputs.at(name);
    builder.enter(name);
    const bool is_computed = built.graph->value(value).kind == ValueKind::kComputed;
    if (!is_computed || !taken.insert(value).second) value = builder.node("Identity", {value});
    built.graph->mark_output(value);
    built.reads[name] = value;
  }
  built.passes = run_pipeline(*built.graph, operators(), {removal()});
  return built;
}

double base_learning_rate(const Optimizer& optimizer) {
  if (optimizer.has_adam()) return optimizer.adam().learning_rate();
  if (optimizer.has_rmsprop()) return optimizer.rmsprop().learning_rate();
  return optimizer.sgd().learning_rate();
}

}  // namespace thaw
