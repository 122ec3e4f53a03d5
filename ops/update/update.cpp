// Optimizers. Sources: Keras SGD, RMSprop, Adam (equations in schemas/experiment.proto).
#include "ops/update/update.h"

#include "ops/definitions.h"
#include "ops/update/factor_gradient.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

void check_factors(const InferContext& context, const UpdateInputs& inputs, std::size_t i) {
  const auto shape = [&](ValueId value) -> const Shape& { return context.graph.value(value).type.shape; };
  const Shape &dy = shape(inputs.gradients[i]), &x = shape(inputs.rows[i]), &weight = shape(inputs.weights[i]);
  if (dy.size() == 2 && x.size() == 2 && dy[0] == x[0] && weight == Shape{dy[1], x[1]}) return;
  throw InternalError(context.node.op + ": " + to_text(dy) + " and " + to_text(x) + " are no factors for " +
                      context.graph.value(inputs.weights[i]).name + " of " + to_text(weight));
}

std::vector<TensorType> infer_update(const InferContext& context) {
  const UpdateInputs inputs = UpdateInputs::of(context.node);
  const Graph& graph = context.graph;
  const auto check = [&](ValueId other, ValueId weight) {
    if (graph.value(other).type != graph.value(weight).type) {
      throw InternalError(context.node.op + ": " + graph.value(other).name + " does not fit " +
                          graph.value(weight).name);
    }
  };
  for (std::size_t i = 0; i < inputs.weights.size(); ++i) {
    if (inputs.rows[i] == kNoValue) check(inputs.gradients[i], inputs.weights[i]);
    if (inputs.rows[i] != kNoValue) check_factors(context, inputs, i);
    for (const auto& slot : inputs.slots) check(slot[i], inputs.weights[i]);
  }
  const auto check_list = [&](const char* list, std::size_t length) {
    if (!context.node.attributes.has(list) || length == inputs.weights.size()) return;
    throw InternalError(context.node.op + ": " + list + " has " + std::to_string(length) + " numbers for " +
                        std::to_string(inputs.weights.size()) + " weights");
  };
  check_list("learning_rate_multipliers", context.node.attributes.reals("learning_rate_multipliers").size());
  check_list("weight_decays", context.node.attributes.reals("weight_decays").size());
  check_list("first_steps", context.node.attributes.integers("first_steps").size());
  return {{DType::kFloat32, {}}};
}

/// By weight: two for the gradients' norm, then the rule's own; a root or a division counts as one. The product of a
/// gradient's factors besides.
std::int64_t update_flops(const InferContext& context) {
  const Attributes& attributes = context.node.attributes;
  const std::int64_t descent = attributes.real("momentum") > 0 ? 4 : 2;
  const std::int64_t each = context.node.op == "Adam" ? 13 : context.node.op == "RmsProp" ? 8 + descent : 2 + descent;
  const UpdateInputs inputs = UpdateInputs::of(context.node);
  const std::vector<ValueId>& weights = inputs.weights;
  const std::vector<UpdateTerms> terms = update_terms(attributes);
  std::int64_t total = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const std::int64_t decay = terms[i].weight_decay != 0 ? 2 : 0;
    const std::int64_t samples = inputs.rows[i] == kNoValue ? 0 : context.graph.value(inputs.rows[i]).type.shape.at(0);
    total += (each + decay + 2 * samples) * element_count(context.graph.value(weights[i]).type.shape);
  }
  return total;
}

}  // namespace

std::vector<std::string> slot_names(const std::string& op, const Attributes& attributes) {
  const bool has_momentum = attributes.real("momentum") > 0;
  std::vector<std::string> names;
  if (op == "Adam") return {"m", "v"};
  if (op == "RmsProp") names.push_back("mean_square");
  if (has_momentum) names.push_back("velocity");
  return names;
}

std::vector<UpdateTerms> update_terms(const Attributes& attributes) {
  std::vector<UpdateTerms> terms(static_cast<std::size_t>(attributes.integer("count")));
  const auto multipliers = attributes.reals("learning_rate_multipliers"), decays = attributes.reals("weight_decays");
  const auto first_steps = attributes.integers("first_steps");
  for (std::size_t i = 0; i < terms.size(); ++i) {
    if (!multipliers.empty()) terms[i].learning_rate_multiplier = multipliers.at(i);
    if (!decays.empty()) terms[i].weight_decay = decays.at(i);
    if (!first_steps.empty()) terms[i].first_step = first_steps.at(i);
  }
  return terms;
}

void set_update_terms(const std::vector<UpdateTerms>& terms, Attributes& attributes) {
  std::vector<double> multipliers, decays;
  std::vector<std::int64_t> first_steps;
  bool has_multipliers = false, has_decays = false, has_first_steps = false;
  for (const UpdateTerms& each : terms) {
    multipliers.push_back(each.learning_rate_multiplier);
    decays.push_back(each.weight_decay);
    first_steps.push_back(each.first_step);
    has_multipliers = has_multipliers || each.learning_rate_multiplier != 1;
    has_decays = has_decays || each.weight_decay != 0;
    has_first_steps = has_first_steps || each.first_step != 0;
  }
  if (has_multipliers) attributes.set("learning_rate_multipliers", std::move(multipliers));
  if (has_decays) attributes.set("weight_decays", std::move(decays));
  if (has_first_steps) attributes.set("first_steps", std::move(first_steps));
}

UpdateInputs UpdateInputs::of(const Node& node) {
  const auto count = static_cast<std::size_t>(node.attributes.integer("count"));
  const std::size_t slot_count = slot_names(node.op, node.attributes).size();
  const std::vector<std::int64_t> factored = node.attributes.integers("factored");
  if (node.inputs.size() != 3 + count * (2 + slot_count) + factored.size()) {
    throw InternalError(node.op + ": wrong number of inputs");
  }
  UpdateInputs inputs{node.inputs[0], node.inputs[1], node.inputs[2], {}, {}, {}, {}};
  auto next = node.inputs.begin() + 3;
  const auto take = [&] {
    std::vector<ValueId> group(next, next + static_cast<std::ptrdiff_t>(count));
    next += static_cast<std::ptrdiff_t>(count);
    return group;
  };
  inputs.weights = take();
  inputs.gradients = take();
  for (std::size_t slot = 0; slot < slot_count; ++slot) inputs.slots.push_back(take());
  inputs.rows.assign(count, kNoValue);
  for (const std::int64_t parameter : factored) inputs.rows.at(static_cast<std::size_t>(parameter)) = *next++;
  return inputs;
}

void define_update(OpRegistry& registry) {
  constexpr int kAny = 1 << 30;
  for (const char* name : {"Sgd", "RmsProp", "Adam"}) {
    registry.add({.name = name,
                  .min_inputs = 3,
                  .max_inputs = kAny,
                  .infer = infer_update,
                  .has_side_effect = true,
                  .flops = update_flops});
  }
  registry.add_fusion({"weight gradient into update", factor_gradient});
}

}  // namespace thaw
