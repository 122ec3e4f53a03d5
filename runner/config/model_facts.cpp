#include "runner/config/model_facts.h"

#include <algorithm>

#include "schemas/layer_names.h"

namespace thaw {

std::string layer_path(int index) { return "model.layer[" + std::to_string(index) + "]"; }

ModelFacts::ModelFacts(const Model& model)
    : model_(model), names_(layer_names(model)), sources_(names_.size()), readers_(names_.size()) {
  for (int i = 0; i < model.layer_size(); ++i) {
    const Layer& layer = model.layer(i);
    if (layer.from_size() == 0 && i > 0) sources_[i].push_back(i - 1);
    for (const std::string& from : layer.from()) {
      const int source = find(from);
      if (source >= 0 && source < i) sources_[i].push_back(source);
    }
    for (const int source : sources_[i]) readers_[source].push_back(i);
  }
}

int ModelFacts::find(const std::string& name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  return found == names_.end() ? -1 : static_cast<int>(found - names_.begin());
}

std::vector<std::string> ModelFacts::output_names() const {
  std::vector<std::string> outputs;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (readers_[i].empty()) outputs.push_back(names_[i]);
  }
  return outputs;
}

std::optional<Activation> ModelFacts::activation(int index) const {
  const Layer& layer = model_.layer(index);
  if (layer.has_onnx() || layer.has_zoo()) return std::nullopt;
  if (layer.has_activation()) return layer.activation().function();
  if (layer.has_conv2d()) return layer.conv2d().activation();
  if (layer.has_depthwise_conv2d()) return layer.depthwise_conv2d().activation();
  if (layer.has_add()) return layer.add().activation();
  return layer.has_dense() ? layer.dense().activation() : LINEAR;
}

// An activation keeps its input's shape, so the layer behind it counts.
int ModelFacts::units_behind(int index) const {
  while (model_.layer(index).has_activation() && sources_[index].size() == 1) index = sources_[index][0];
  const Layer& layer = model_.layer(index);
  const bool has_classifier = layer.zoo().include_top() && !layer.zoo().has_until();
  return layer.has_dense() || has_classifier ? index : -1;
}

std::optional<int> ModelFacts::units(int index) const {
  if (index < 0) return std::nullopt;
  if (const auto learned = learned_units_.find(index); learned != learned_units_.end()) return learned->second;
  const int behind = units_behind(index);
  if (behind < 0) return std::nullopt;
  const Layer& layer = model_.layer(behind);
  return layer.has_zoo() ? layer.zoo().classes() : layer.dense().units();
}

std::string ModelFacts::units_path(int index) const {
  const int behind = units_behind(index);
  if (behind < 0) return layer_path(index);
  return layer_path(behind) + (model_.layer(behind).has_zoo() ? ".zoo.classes" : ".dense.units");
}

std::string ModelFacts::activation_path(int index) const {
  const Layer& layer = model_.layer(index);
  if (layer.has_activation()) return layer_path(index) + ".activation.function";
  if (layer.has_dense() || layer.has_conv2d() || layer.has_depthwise_conv2d() || layer.has_add()) {
    return layer_path(index) + "." + layer_kind(layer) + ".activation";
  }
  return layer_path(index);
}

}  // namespace thaw
