#include "runner/train/run_facts.h"

#include <bit>
#include <cmath>
#include <ctime>
#include <sstream>

#include "ops/catalogue.h"
#include "runner/config/resolve.h"
#include "runner/store/sha256.h"
#include "runner/train/process_facts.h"
#include "runner/train/transfer_facts.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string shape_text(const Shape& shape) {
  std::string text;
  for (const std::int64_t extent : shape) text += (text.empty() ? "" : " x ") + std::to_string(extent);
  return text;
}

std::int64_t total_flops(const Graph& graph, const OpRegistry& registry) {
  std::int64_t total = 0;
  for (const Node& node : graph.nodes()) {
    const OpDef& def = registry.get(node.op);
    if (def.flops) total += def.flops(InferContext{graph, node});
  }
  return total;
}

LayerRow row_of(const LayerInfo& layer, int depth) {
  LayerRow row;
  row.set_name(layer.name);
  row.set_type(layer.type);
  row.set_from(layer.from);
  row.set_output_shape(shape_text(layer.output_shape));
  row.set_parameters(layer.parameters);
  row.set_trainable_parameters(layer.trainable_parameters);
  row.set_trainable(layer.trainable_parameters > 0);
  row.set_flops(layer.flops);
  row.set_depth(depth);
  return row;
}

void describe_data(DataSet* set, const std::string& split, const SampleSource& source) {
  set->set_split(split);
  set->set_samples(source.size());
  set->set_source(source.description());
  set->set_fingerprint(source.fingerprint());
  for (const std::int64_t count : source.class_counts()) set->add_class_count(count);
}

}  // namespace

BestRule best_rule(const Experiment& config, const std::vector<MetricInfo>& metrics) {
  const Monitor& best = config.train().best();
  BestRule rule{best.has_metric() ? best.metric() : "loss", false};
  for (const MetricInfo& info : metrics) {
    if (info.name() == rule.metric)
      rule.is_max = best.has_direction() ? best.direction() == MAX : info.more_is_better();
  }
  return rule;
}

std::string run_id(const PreparedExperiment& prepared, const Device& device) {
  Experiment config = prepared.loaded.config;
  config.clear_name();  // what it is called changes nothing: sweeps of other names find the same runs
  config.clear_description();
  config.mutable_data()->clear_loader_threads();  // these two change the speed, never a byte of the result
  config.mutable_data()->clear_prefetch_batches();
  Sha256 hash;
  hash.add_sized(resolve(config));
  hash.add_sized(prepared.train->fingerprint());
  hash.add_sized(prepared.validation ? prepared.validation->fingerprint() : "");
  if (!prepared.model_sha256.empty()) hash.add_sized(prepared.model_sha256);
  if (!prepared.weights.sha256.empty()) hash.add_sized(prepared.weights.sha256);
  hash.add_sized(std::string(kVersion) + compiler_name());
  hash.add_sized(device.name() + device.kernel_library() + device.isa());
  hash.add_integer(device.threads());
  return hash.hex();
}

std::vector<LayerRow> describe_layers(const ComposedModel& model) {
  std::vector<LayerRow> rows;
  for (const LayerInfo& layer : model.layers) {
    rows.push_back(row_of(layer, 0));
    for (const LayerInfo& inner : layer.inner) rows.push_back(row_of(inner, 1));
  }
  return rows;
}

Plan describe_plan(const Session& session) {
  const ComposedModel& model = session.training().model;
  const ProgramStats& train = session.training_program().stats();
  const ProgramStats& eval = session.evaluation_program().stats();
  Plan plan;
  std::int64_t parameters = 0, trainable = 0, flops = 0;
  for (const LayerInfo& layer : model.layers) {
    parameters += layer.parameters;
    trainable += layer.trainable_parameters;
    flops += layer.flops;
  }
  plan.set_parameters(parameters);
  plan.set_trainable_parameters(trainable);
  plan.set_flops_per_sample_forward(flops);
  plan.set_flops_per_step(total_flops(*session.training().graph, operators()));
  plan.set_arena_bytes(static_cast<std::int64_t>(std::max(train.arena_bytes, eval.arena_bytes)));
  plan.set_arena_bytes_without_reuse(static_cast<std::int64_t>(train.arena_bytes_without_reuse));
  plan.set_parameter_bytes(static_cast<std::int64_t>(session.parameter_bytes()));
  plan.set_nodes_train(train.kernels);
  plan.set_nodes_eval(eval.kernels);
  plan.set_reorders(train.reorders);
  return plan;
}

namespace {

void describe_strategy(const StartFacts& facts, Started& started) {
  const Experiment& config = facts.prepared.loaded.config;
  if (!config.transfer().has_rules()) return;
  const ComposedModel& model = facts.session.training().model;
  started.set_strategy(config.transfer().rules().strategy());
  for (TransferRow& row : describe_transfer(model)) *started.add_transfer() = std::move(row);
  const FrozenTensors frozen = facts.session.frozen_sha256();
  if (frozen.count == 0) return;
  started.set_frozen_sha256(frozen.sha256);
  started.set_frozen_tensors(frozen.count);
}

}  // namespace

Started describe_start(const StartFacts& facts) {
  const Experiment& config = facts.prepared.loaded.config;
  Started started;
  started.set_name(config.name());
  started.set_id(facts.id);
  started.set_description(config.description());
  started.set_config(facts.prepared.loaded.resolved_text);
  started.set_config_sha256(sha256_hex(facts.prepared.loaded.resolved_text));
  const std::string folder = facts.options.runs_root + "/" + config.name() + "/" + facts.id;
  started.set_command(facts.options.command_of ? facts.options.command_of(folder) : facts.options.command);
  started.set_version(kVersion);
  started.set_started_at(utc_now());
  Machine* machine = started.mutable_machine();
  machine->set_cpu(cpu_name());
  machine->set_isa(facts.device.isa());
  machine->set_threads(facts.device.threads());
  machine->set_device(facts.device.name());
  machine->set_kernels(facts.device.kernel_library());
  machine->set_os(os_name());
  machine->set_compiler(compiler_name());
  for (LayerRow& row : describe_layers(facts.session.training().model)) *started.add_layer() = std::move(row);
  *started.mutable_plan() = describe_plan(facts.session);
  describe_data(started.add_data(), "train", *facts.prepared.train);
  if (facts.prepared.validation) describe_data(started.add_data(), "validation", *facts.prepared.validation);
  for (const std::string& warning : facts.prepared.warnings) started.add_warning(warning);
  for (const ModelFileFact& fact : facts.prepared.models.facts) {
    ModelFile* file = started.add_model_file();
    file->set_path(fact.path);
    file->set_place(fact.place);
    file->set_sha256(fact.sha256);
  }
  describe_strategy(facts, started);
  for (const WeightsLoaded& table : facts.prepared.weights.tables) *started.add_weights() = table;
  started.set_epochs(config.train().epochs());
  started.set_batch_size(config.train().batch_size());
  started.set_steps_per_epoch(facts.steps_per_epoch);
  started.set_seed(config.seed());
  for (const std::string& name : facts.prepared.train->class_names()) started.add_class_name(name);
  for (const MetricInfo& info : facts.metrics) *started.add_metric() = info;
  started.set_best_metric((facts.prepared.validation ? "validation/" : "train/") + facts.best_metric);
  started.set_best_is_max(facts.best_is_max);
  return started;
}

Divergence describe_divergence(const Session& session, const std::optional<ValueId>& value) {
  // Whatever a step computes was looked at, but not the gradients that updates compute themselves.
  if (!value) return {"the gradients' norm", "update", "infinite"};
  const Graph& graph = *session.training().graph;
  const Value& found = graph.value(*value);
  const int producer = found.producer;
  const std::string layer = producer < 0 ? "" : graph.nodes()[static_cast<std::size_t>(producer)].layer;
  return {found.name, layer, "NaN or infinite"};
}

std::string metrics_sha256(const EffectiveRecord& record) {
  Sha256 hash;
  const auto add = [&](const google::protobuf::RepeatedPtrField<MetricValue>& values) {
    for (const MetricValue& value : values) {
      hash.add_sized(value.name());
      hash.add_integer(std::bit_cast<std::int64_t>(value.value()));
    }
  };
  for (const EpochEnd& epoch : record.epochs) {
    hash.add_integer(epoch.epoch());
    add(epoch.train());
    add(epoch.validation());
  }
  return hash.hex();
}

std::string optimizer_name(const Experiment& config) {
  const Optimizer& optimizer = config.train().optimizer();
  return optimizer.has_adam() ? "adam" : optimizer.has_rmsprop() ? "rmsprop" : "sgd";
}

std::string grouped(std::int64_t value) {
  std::string digits = std::to_string(value);
  for (auto i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > 0; i -= 3) {
    digits.insert(static_cast<std::size_t>(i), ",");
  }
  return digits;
}

std::string short_text(double value) {
  std::ostringstream out;
  out.precision(4);
  out << value;
  return out.str();
}

}  // namespace thaw
