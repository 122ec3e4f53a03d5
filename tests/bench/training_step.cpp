#include "tests/bench/training_step.h"

#include <cmath>
#include <map>
#include <string_view>

#include "graph/passes/differentiate.h"
#include "graph/passes/pipeline.h"
#include "graph/passes/rewrite.h"
#include "ops/catalogue.h"
#include "ops/update/update.h"

namespace thaw::bench {
namespace {

constexpr double kMomentum = 0.9;
constexpr double kRunningMomentum = 0.9;  // PyTorch's 0.1 is what the new value counts; this is what the old one does
constexpr float kLearningRate = 0.001F;   // small enough for networks without normalization to stay finite

/// Numbers from [0, 1), fast: Steele et al. 2014 (SplitMix64).
class UnitNumbers {
 public:
  explicit UnitNumbers(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U) {}
  float next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return static_cast<float>((z ^ (z >> 31)) >> 40) * 0x1p-24F;
  }

 private:
  std::uint64_t state_;
};

void add_update(const std::map<ValueId, ValueId>& gradients, Builder& builder, StepGraph& step) {
  Attributes attributes{{"momentum", kMomentum}, {"count", static_cast<std::int64_t>(gradients.size())}};
  step.learning_rate = builder.input("learning_rate", {DType::kFloat32, {}});
  step.step = builder.input("step", {DType::kInt32, {}});
  std::vector<ValueId> inputs{step.network.loss, step.learning_rate, step.step};
  for (const auto& [weight, gradient] : gradients) inputs.push_back(weight);
  for (const auto& [weight, gradient] : gradients) inputs.push_back(gradient);
  for (const std::string& slot : slot_names("Sgd", attributes)) {
    for (const auto& [weight, gradient] : gradients) {
      const Value value = builder.graph().value(weight);
      inputs.push_back(builder.state(value.name + "/" + slot, value.type.shape));
    }
  }
  builder.enter("update", Phase::kUpdate);
  const ValueId norm = builder.node("Sgd", inputs, attributes);
  builder.graph().mark_output(norm);
  for (const RunningStatistic& each : step.network.statistics) {
    builder.nodes("RunningAverage", {each.running, each.batch, norm},
                  {{"momentum", kRunningMomentum}, {"unbiased_count", each.unbiased_count}});
  }
}

std::vector<Pass> passes_of(StepGraph& step, Builder& builder, bool is_training) {
  const Pass removal{"remove_dead", [](Graph& graph) { remove_dead(graph, operators()); }};
  if (!is_training) return {{"fuse", [](Graph& graph) { fuse_for_inference(graph, operators()); }}, removal};
  const auto fusion = [](Graph& graph) { fuse(graph, operators()); };
  return {{"fuse", fusion},
          {"differentiate",
           [&](Graph&) {
             const auto gradients = differentiate(builder, step.network.loss);
             add_update(gradients, builder, step);
           }},
          {"fuse_gradients", fusion},
          removal};
}

/// How many numbers each output of a kernel sums up; of a transposed convolution's, as PyTorch counts it, too.
std::int64_t fan_in(const Shape& shape) { return element_count(shape) / shape[0]; }

std::vector<float> initial_values(const Value& value, std::uint64_t seed) {
  const std::string_view kind = std::string_view(value.name).substr(value.name.rfind('/') + 1);
  const bool is_one = kind == "scale" || kind == "variance";
  std::vector<float> values(static_cast<std::size_t>(element_count(value.type.shape)), is_one ? 1.0F : 0.0F);
  if (kind != "kernel") return values;
  const auto limit = static_cast<float>(std::sqrt(6.0 / static_cast<double>(fan_in(value.type.shape))));
  UnitNumbers unit(seed);
  for (float& each : values) each = (2 * unit.next() - 1) * limit;
  return values;
}

}  // namespace

std::int64_t StepGraph::parameters() const {
  std::int64_t count = 0;
  for (const ValueId id : graph->parameters()) {
    if (graph->value(id).trainable) count += element_count(graph->value(id).type.shape);
  }
  return count;
}

std::int64_t StepGraph::flops() const {
  std::int64_t total = 0;
  for (const Node& node : graph->nodes()) {
    const OpDef& op = operators().get(node.op);
    if (op.flops) total += op.flops(InferContext{*graph, node});
  }
  return total;
}

StepGraph build_step(const NetworkOptions& options) {
  StepGraph step;
  step.graph = std::make_shared<Graph>();
  Builder builder(*step.graph, operators());
  step.network = build_network(builder, options);
  step.graph->mark_output(options.is_training ? step.network.loss : step.network.logits);
  run_pipeline(*step.graph, operators(), passes_of(step, builder, options.is_training));
  step.result = step.graph->outputs().front();  // a fusion may have put another value in its place
  return step;
}

void initialize(const StepGraph& step, ParameterStore& store) {
  std::uint64_t seed = 1;
  for (const ValueId id : step.graph->parameters()) {
    const Value& value = step.graph->value(id);
    ++seed;
    if (store.has(value.name)) store.write(value.name, initial_values(value, seed));
  }
}

BenchBatch::BenchBatch(const StepGraph& step, const NetworkOptions& options, std::uint64_t seed) {
  UnitNumbers unit(seed);
  const auto count = [&](ValueId id) {
    return static_cast<std::size_t>(element_count(step.graph->value(id).type.shape));
  };
  image.resize(count(step.network.image));
  for (float& each : image) each = 4 * unit.next() - 2;
  if (step.network.label == kNoValue) return;
  label.resize(count(step.network.label));
  const auto classes = static_cast<float>(with_defaults(options).classes);
  for (std::int32_t& each : label) each = static_cast<std::int32_t>(classes * unit.next());
}

double run_step(const StepGraph& step, Program& program, const BenchBatch& batch, std::int32_t number) {
  program.set_input(step.network.image, batch.image.data());
  if (step.network.label == kNoValue) {
    program.run();
    std::vector<float> logits(static_cast<std::size_t>(element_count(step.graph->value(step.result).type.shape)));
    program.get(step.result, logits.data());
    return logits.front();
  }
  program.set_input(step.network.label, batch.label.data());
  program.set_input(step.learning_rate, &kLearningRate);
  program.set_input(step.step, &number);
  program.run();
  float loss = 0;
  program.get(step.result, &loss);
  return loss;
}

}  // namespace thaw::bench
