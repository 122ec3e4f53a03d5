#pragma once

#include <string>
#include <vector>

#include "zoo/compose.h"

namespace thaw {

/// The last layer's output, outside training.
struct LayerOutput {
  Shape shape;
  std::vector<float> values;
};

/// Runs a model's text ("input { ... } layer { ... }") on pixels for batches of one, with its initial weights, or
/// `weights` (name -> all of its values) where they are named.
LayerOutput run_layers(const std::string& model, const std::vector<float>& pixels,
                       const std::map<std::string, float>& weights = {});

/// A model built, for training or not. Throws InputError.
ComposedModel composed(const std::string& model, bool is_training = false);

/// What composing it finds, or "fine".
std::string findings_of_model(const std::string& model);

}  // namespace thaw
