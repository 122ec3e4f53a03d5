#include "runner/train/name_patterns.h"

#include <algorithm>

namespace thaw {

ParameterNames::ParameterNames(const ComposedModel& model) {
  for (const LayerInfo& layer : model.layers) layers_.push_back(layer.name);
  for (const ParameterInit& parameter : model.parameters) {
    if (parameter.role == ParameterRole::kConstant) continue;
    parameters_.push_back({parameter.name, parameter.layer, parameter.names()});
  }
}

bool ParameterNames::is_meant(const std::string& pattern, const Entry& entry) {
  return std::any_of(entry.names.begin(), entry.names.end(),
                     [&](const std::string& name) { return speaks_of(pattern, name); });
}

std::set<std::string> ParameterNames::matched_by(const std::string& pattern) const {
  std::set<std::string> matched;
  for (const Entry& entry : parameters_) {
    if (is_meant(pattern, entry)) matched.insert(entry.name);
  }
  return matched;
}

bool ParameterNames::speaks_of_others(const std::string& pattern, const std::set<std::string>& parameters) const {
  return std::any_of(parameters_.begin(), parameters_.end(),
                     [&](const Entry& entry) { return parameters.count(entry.name) == 0 && is_meant(pattern, entry); });
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
  for (const Entry& entry : parameters_) {
    if (parameters.count(entry.name) == 0 || covered.count(entry.name) > 0) continue;
    for (const std::string& pattern : prefixes_of(entry.name)) {
      const bool is_whole = pattern == entry.name;  // which has to do, whatever it speaks of
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
  for (const Entry& entry : parameters_) {
    for (const std::string& layer : layers_) {
      if (entry.name.starts_with(layer + "/")) add(layer);
    }
    add(entry.layer);
    for (const std::string& name : entry.names) add(name);
  }
  return names;
}

}  // namespace thaw
