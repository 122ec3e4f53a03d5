#include "runner/train/weights/pretrained.h"

#include "schemas/layer_names.h"

namespace thaw {

std::set<std::string> pretrained_names(const Model& model, const ComposedModel& composed,
                                       const PretrainedWeights& weights) {
  std::set<std::string> names, onnx_layers;
  for (const WeightsLoaded& table : weights.tables) {
    for (const WeightRow& row : table.row()) {
      const bool is_loaded = row.state() == WeightRow::LOADED || row.state() == WeightRow::ADAPTED;
      if (is_loaded) names.insert(row.parameter());
    }
  }
  const std::vector<std::string> layers = layer_names(model);
  for (int i = 0; i < model.layer_size(); ++i) {
    if (model.layer(i).has_onnx()) onnx_layers.insert(layers[static_cast<std::size_t>(i)]);
  }
  for (const ParameterInit& parameter : composed.parameters) {
    if (parameter.role == ParameterRole::kConstant) continue;
    if (onnx_layers.count(parameter.name.substr(0, parameter.name.find('/'))) > 0) names.insert(parameter.name);
  }
  return names;
}

}  // namespace thaw
