#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "schemas/experiment.pb.h"

namespace thaw {

/// What a model's layers say about themselves before any shape is inferred. Wiring that is wrong (unknown names, loops)
/// counts as no wire.
class ModelFacts {
 public:
  explicit ModelFacts(const Model& model);

  /// The index of the first layer of that name; -1: none.
  int find(const std::string& name) const;
  const std::vector<std::string>& names() const { return names_; }
  /// The names of layers that feed no other.
  std::vector<std::string> output_names() const;
  /// Layers that `index` feeds.
  const std::vector<int>& readers(int index) const { return readers_[index]; }

  /// The activation a layer ends in; none: only its file knows.
  std::optional<Activation> activation(int index) const;
  /// The values a layer puts out for a sample, where the file itself says so or somebody learned it. None of no layer.
  std::optional<int> units(int index) const;
  /// What only the shapes told of a layer.
  void learn_units(int index, int units) { learned_units_[index] = units; }
  /// The field that says so: "model.layer[8].dense.units".
  std::string units_path(int index) const;
  std::string activation_path(int index) const;

 private:
  /// The layer that says how many values there are; -1: none does.
  int units_behind(int index) const;

  const Model& model_;
  std::vector<std::string> names_;
  std::vector<std::vector<int>> sources_;  // of each layer, earlier layers only
  std::vector<std::vector<int>> readers_;
  std::map<int, int> learned_units_;
};

/// "model.layer[3]".
std::string layer_path(int index);

}  // namespace thaw
