#include "runner/train/transfer_facts.h"

#include <algorithm>
#include <set>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

TransferRow row_of(const ParameterInit& parameter, const std::string& name) {
  TransferRow row;
  row.set_layer(name);
  row.set_parameters(element_count(parameter.shape));
  const Treatment& treatment = parameter.treatment;
  row.set_trainable(treatment.is_trainable);
  row.set_learning_rate_multiplier(treatment.learning_rate_multiplier);
  row.set_weight_decay_multiplier(treatment.weight_decay_multiplier);
  row.set_stored_statistics(parameter.has_stored_statistics);
  row.set_reinitialized(treatment.is_reinitialized);
  return row;
}

bool is_treated_alike(const ParameterInit& a, const ParameterInit& b) {
  Treatment other = b.treatment;
  other.batch_norm = a.treatment.batch_norm;  // has_stored_statistics tells what came of it
  return a.treatment == other && a.has_stored_statistics == b.has_stored_statistics;
}

/// Statistics are treated as the scale and shift that they are used with.
bool has_treatment(const ParameterInit& parameter) { return parameter.role == ParameterRole::kLearned; }

}  // namespace

std::vector<TransferRow> describe_transfer(const ComposedModel& model) {
  std::vector<std::string> layers;  // in the order of the network
  std::map<std::string, std::vector<const ParameterInit*>> by_layer;
  for (const ParameterInit& parameter : model.parameters) {
    if (parameter.role == ParameterRole::kConstant) continue;
    auto& members = by_layer[parameter.layer];
    if (members.empty()) layers.push_back(parameter.layer);
    members.push_back(&parameter);
  }
  std::vector<TransferRow> rows;
  for (const std::string& layer : layers) {
    const auto& members = by_layer.at(layer);
    const auto first =
        std::find_if(members.begin(), members.end(), [](const auto* each) { return has_treatment(*each); });
    const ParameterInit& model_member = first == members.end() ? *members.front() : **first;
    const bool are_alike = std::all_of(members.begin(), members.end(), [&](const auto* each) {
      return !has_treatment(*each) || is_treated_alike(model_member, *each);
    });
    if (are_alike) {
      TransferRow row = row_of(model_member, layer);
      row.set_parameters(0);
      for (const auto* each : members) row.set_parameters(row.parameters() + element_count(each->shape));
      rows.push_back(std::move(row));
    } else {
      for (const auto* each : members) rows.push_back(row_of(*each, each->name));
    }
  }
  return rows;
}

std::vector<TransferRow> changed_rows(const std::vector<TransferRow>& before, const std::vector<TransferRow>& after) {
  std::set<std::string> known;
  for (const TransferRow& row : before) known.insert(row.SerializeAsString());
  std::vector<TransferRow> changed;
  for (const TransferRow& row : after) {
    if (known.count(row.SerializeAsString()) == 0) changed.push_back(row);
  }
  return changed;
}

std::set<std::string> frozen_names(const ComposedModel& model) {
  std::set<std::string> names;
  for (const ParameterInit& parameter : model.parameters) {
    const bool is_given = parameter.role == ParameterRole::kConstant;
    if (!parameter.is_ever_changed && !is_given) names.insert(parameter.name);
  }
  return names;
}

void require_unchanged(const std::string& sha256_before, const FrozenTensors& now) {
  if (now.sha256 == sha256_before) return;
  throw InternalError("weights that were to stay frozen have changed: their SHA-256 was " + sha256_before +
                      " before training and is " + now.sha256 + " now");
}

}  // namespace thaw
