#include "zoo/treatment.h"

#include <algorithm>

#include "schemas/wildcard.h"

namespace thaw {
namespace {

void apply(const TransferRule& rule, const std::vector<std::string>& names, Treatment& treatment) {
  const auto is_meant = [&](const std::string& name) { return speaks_of(rule.match(), name); };
  if (std::none_of(names.begin(), names.end(), is_meant)) return;
  if (rule.has_trainable()) treatment.is_trainable = rule.trainable();
  if (rule.has_learning_rate_multiplier()) treatment.learning_rate_multiplier = rule.learning_rate_multiplier();
  if (rule.has_weight_decay_multiplier()) treatment.weight_decay_multiplier = rule.weight_decay_multiplier();
  if (rule.has_batch_norm()) treatment.batch_norm = rule.batch_norm();
  if (rule.has_reinitialize()) treatment.is_reinitialized = rule.reinitialize();
}

}  // namespace

bool speaks_of(const std::string& pattern, const std::string& name) {
  if (matches_wildcard(pattern, name)) return true;
  for (std::size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
    if (matches_wildcard(pattern, std::string_view(name).substr(0, slash))) return true;
  }
  return false;
}

Treatment Treatments::of(const std::vector<std::string>& names, int stage) const {
  Treatment treatment;
  for (const TransferRule& rule : rules_.rule()) apply(rule, names, treatment);
  for (int i = 0; i < stage && i < rules_.stage_size(); ++i) {
    for (const TransferRule& rule : rules_.stage(i).rule()) apply(rule, names, treatment);
  }
  return treatment;
}

}  // namespace thaw
