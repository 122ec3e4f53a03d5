#include "runner/train/name_patterns.h"

#include <algorithm>

namespace thaw {

ParameterNames::ParameterNames(const ComposedModel& model) {
  for (const LayerInfo& layer : model.layers) layers_.push_back(layer.name);
  for (const ParameterInit& parameter : model.parameters) {
    if (parameter.role != ParameterRole::kConstant) parameters_.push_back(&parameter);
  }
}

std::set<std::string> ParameterNames::matched_by(const std::string& pattern) const {
  std::set<std::string> matched;
  for (const ParameterInit* parameter : parameters_) {
    for (const std::string& name : parameter->names()) {
      if (speaks_of(pattern, name)) matched.insert(parameter->name);
    }
  }
  return matched;
}

bool ParameterNames::speaks_of_others(const std::string& pattern, const std::set<std::string>& parameters) const {
  for (const ParameterInit* parameter : parameters_) {
    if (parameters.count(parameter->name) > 0) continue;
    const auto names = parameter->names();
    if (std::any_of(names.begin(), names.end(), [&](const auto& name) { return speaks_of(pattern, name); }))
      return true;
  }
  return false;
}

std::vector<std::string> ParameterNames::prefixes_of(const std::string& name) const {
  std::size_t begin = 0;  // the longest layer's name that it may begin with
  for (const std::string& layer : layers_) {
    if (name.starts_with(layer + "/")) begin = std::max(begin, layer.size());
  }
  std::vector<std::string> prefixes;
  for (std::size_t i = begin; i < name.size(); ++i) {
    if (i == 0 || std::string("/_.-").find(name[i]) == std::string::npos) continue;
    prefixes.push_back(name.substr(0, i) + (name[i] == '/' ? "" : "*"));
  }
  prefixes.push_back(name);
  return prefixes;
}

std::vector<std::string> ParameterNames::patterns_of(const std::set<std::string>& parameters) const {
  std::vector<std::string> patterns;
  std::set<std::string> covered, refused;
  for (const ParameterInit* parameter : parameters_) {
    if (parameters.count(parameter->name) == 0 || covered.count(parameter->name) > 0) continue;
    for (const std::string& pattern : prefixes_of(parameter->name)) {
      const bool is_whole = pattern == parameter->name;  // which has to do, whatever it speaks of
      if (!is_whole && refused.count(pattern) > 0) continue;
      if (!is_whole && speaks_of_others(pattern, parameters)) {
        refused.insert(pattern);
        continue;
      }
      patterns.push_back(pattern);
      covered.merge(matched_by(pattern));
      break;
    }
  }
  return patterns;
}

std::vector<std::string> ParameterNames::candidates() const {
  std::vector<std::string> names;
  std::set<std::string> taken;
  const auto add = [&](const std::string& name) {
    if (taken.insert(name).second) names.push_back(name);
  };
  for (const ParameterInit* parameter : parameters_) {
    for (const std::string& layer : layers_) {
      if (parameter->name.starts_with(layer + "/")) add(layer);
    }
    add(parameter->layer);
    for (const std::string& name : parameter->names()) add(name);
  }
  return names;
}

}  // namespace thaw
