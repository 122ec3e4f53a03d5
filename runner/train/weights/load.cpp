#include "runner/train/weights/load.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <utility>

#include "runner/store/sha256.h"
#include "runner/train/weights/adapt.h"
#include "runner/train/weights/match.h"
#include "runner/train/weights/source.h"
#include "schemas/diagnostic.h"
#include "schemas/layer_names.h"
#include "schemas/wildcard.h"

namespace thaw {
namespace {

std::string quoted(const std::string& name) { return "\"" + printable(name) + "\""; }

std::string layer_of(const std::string& parameter) { return parameter.substr(0, parameter.find('/')); }

bool is_of_run(const Weights& weights) { return weights.has_run() || weights.has_experiment(); }

class WeightsLoader {
 public:
  explicit WeightsLoader(const WeightLoading& loading)
      : loading_(loading), layers_(layer_names(loading.loaded.config.model())) {}

  PretrainedWeights run() {
    const Model& model = loading_.loaded.config.model();
    for (int i = 0; i < model.layer_size(); ++i) {
      if (!model.layer(i).zoo().has_weights()) continue;
      load_layer(model.layer(i).zoo().weights(), i, "model.layer[" + std::to_string(i) + "].zoo.weights");
    }
    for (int i = 0; i < model.weights_size(); ++i) {
      load_model(model.weights(i), "model.weights[" + std::to_string(i) + "]");
    }
    if (!result_.tables.empty()) result_.sha256 = identity();
    return std::move(result_);
  }

 private:
  void load_layer(const Weights& weights, int index, const std::string& field) {
    const std::string& name = layers_[static_cast<std::size_t>(index)];
    if (weights.layer_size() > 0) {
      loading_.findings.add(field + ".layer[0]", "these weights are for the layer " + quoted(name) + " alone",
                            "expected `layer` only in model.weights");
      return;
    }
    fields_[name] = field;
    load(weights, target_of({name}, "layer " + quoted(name), name + "/", is_of_run(weights) ? name : ""), field);
  }

  void load_model(const Weights& weights, const std::string& field) {
    std::set<std::string> chosen;
    if (weights.layer_size() == 0) {
      for (const std::string& name : layers_with_weights()) {
        if (fields_.count(name) == 0) chosen.insert(name);
      }
    } else {
      chosen = chosen_layers(weights, field);
    }
    if (chosen.empty()) {
      if (weights.layer_size() == 0) loading_.findings.add(field, "no layer is left that these weights could be for");
      return;
    }
    for (const std::string& name : chosen) fields_[name] = field;
    const bool is_every_layer = weights.layer_size() == 0 && chosen.size() == layers_with_weights().size();
    const std::string title = is_every_layer       ? "the model"
                              : chosen.size() == 1 ? "layer " + quoted(*chosen.begin())
                                                   : std::to_string(chosen.size()) + " layers";
    WeightTarget target = target_of(chosen, title, "", "");
    for (const std::string& name : layers_) {
      if (!is_every_layer && chosen.count(name) == 0) target.left_out.insert(name);
    }
    load(weights, target, field);
  }

  std::vector<std::string> layers_with_weights() const {
    std::vector<std::string> found;
    for (const ParameterInit& parameter : loading_.model.parameters) {
      if (parameter.role == ParameterRole::kConstant) continue;
      const std::string layer = layer_of(parameter.name);
      if (std::find(found.begin(), found.end(), layer) == found.end()) found.push_back(layer);
    }
    return found;
  }

  std::set<std::string> chosen_layers(const Weights& weights, const std::string& field) {
    const std::vector<std::string> names = layers_with_weights();
    std::set<std::string> chosen;
    for (int i = 0; i < weights.layer_size(); ++i) {
      const std::string place = field + ".layer[" + std::to_string(i) + "]";
      bool is_used = false;
      for (const std::string& name : names) {
        if (!matches_wildcard(weights.layer(i), name)) continue;
        is_used = true;
        const auto before = fields_.find(name);
        if (before != fields_.end()) {
          loading_.findings.add(place, "layer " + quoted(name) + " has weights already: " + before->second,
                                "expected weights from one source for each layer");
        }
        chosen.insert(name);
      }
      if (is_used) continue;
      loading_.findings.add(place, quoted(weights.layer(i)) + " matches no layer with parameters",
                            "expected the name of one; * stands for any characters", weights.layer(i), names);
    }
    return chosen;
  }

  WeightTarget target_of(const std::set<std::string>& layers, const std::string& title, const std::string& prefix,
                         const std::string& usual_tensor_prefix) const {
    WeightTarget target{title, prefix, usual_tensor_prefix, {}, {}, {}};
    for (const ParameterInit& parameter : loading_.model.parameters) {
      if (parameter.role == ParameterRole::kConstant) {
        target.given.insert(parameter.name);
      } else if (layers.count(layer_of(parameter.name)) > 0) {
        target.slots.push_back({parameter.name, parameter.shape});
      }
    }
    return target;
  }

  std::unique_ptr<WeightSource> open(const Weights& weights, const std::string& field) {
    if (weights.has_experiment()) return loading_.open_experiment(weights, field);
    const std::string kind = weights.has_onnx() ? "onnx" : weights.has_run() ? "run" : "safetensors";
    const std::string& path = weights.has_onnx()  ? weights.onnx()
                              : weights.has_run() ? weights.run()
                                                  : weights.safetensors();
    try {
      const std::string place = loading_.roots.resolve(path);
      return weights.has_onnx()  ? open_onnx_weights(path, place)
             : weights.has_run() ? open_run_weights("run " + path, place)
                                 : open_safetensors_weights(path, place);
    } catch (const InputError& error) {
      loading_.findings.add(field + "." + kind, error.what());
      return nullptr;
    }
  }

  void load(const Weights& weights, const WeightTarget& target, const std::string& field) {
    const std::string key = loading_.cache != nullptr ? key_of(weights, target) : "";
    if (const auto* known = loading_.cache != nullptr ? loading_.cache->find(key) : nullptr) return take(*known);
    const std::unique_ptr<WeightSource> source = open(weights, field);
    if (!source) return;
    WeightMatch match = match_weights(weights, target, *source, field, loading_.findings);
    LoadedWeights loaded;
    WeightsLoaded& table = loaded.table;
    table.set_source(source->title());
    table.set_place(source->place());
    table.set_layer(target.title);
    const bool is_read = loading_.findings.empty() && source->has_values();
    if (is_read) table.set_sha256(read({match, target, field}, *source, loaded.values));
    for (WeightRow& row : match.rows) *table.add_row() = std::move(row);
    for (const auto& [name, values] : loaded.values) {
      loaded.digests[name] =
          sha256_hex({reinterpret_cast<const char*>(values->data()), values->size() * sizeof(float)});
    }
    take(loaded);
    if (loading_.cache != nullptr && is_read && loading_.findings.empty()) {
      loading_.cache->keep(key, std::move(loaded));
    }
  }

  void take(const LoadedWeights& loaded) {
    result_.tables.push_back(loaded.table);
    for (const auto& [name, values] : loaded.values) result_.values[name] = values;
    for (const auto& [name, digest] : loaded.digests) result_.digests[name] = digest;
  }

  /// All that tells what comes of a `weights`, but the contents of files.
  std::string key_of(const Weights& weights, const WeightTarget& target) const {
    Sha256 hash;
    for (const std::string& text : {weights.SerializeAsString(), loading_.loaded.folder, target.title, target.prefix,
                                    target.usual_tensor_prefix}) {
      hash.add_sized(text);
    }
    hash.add_integer(static_cast<std::int64_t>(target.slots.size()));
    for (const WeightSlot& slot : target.slots) hash.add_sized(slot.name + " " + to_text(slot.shape));
    for (const auto* names : {&target.given, &target.left_out}) {
      hash.add_integer(static_cast<std::int64_t>(names->size()));
      for (const std::string& name : *names) hash.add_sized(name);
    }
    return hash.hex();
  }

  /// What is read for whom.
  struct Reading {
    const WeightMatch& match;
    const WeightTarget& target;
    const std::string& field;
  };

  /// Returns the SHA-256 of the source's bytes.
  std::string read(const Reading& reading, WeightSource& source, ParameterValues& into) {
    const auto& [match, target, field] = reading;
    std::map<std::string, const WeightSlot*> slots;
    for (const WeightSlot& slot : target.slots) slots[slot.name] = &slot;
    std::set<std::string> wanted;
    for (const auto& [tensor, parameter] : match.parameter_of) wanted.insert(tensor);
    try {
      return source.read(wanted, [&](NamedTensor tensor) {
        const std::string& parameter = match.parameter_of.at(tensor.name);
        expect_finite(tensor, source, field);
        std::vector<float> values = match.adapted.count(parameter) > 0
                                        ? with_channels(tensor, slots.at(parameter)->shape.at(1))
                                        : std::move(tensor.values);
        into[parameter] = std::make_shared<const std::vector<float>>(std::move(values));
      });
    } catch (const InputError& error) {
      loading_.findings.add(field, error.what());
      return {};
    }
  }

  void expect_finite(const NamedTensor& tensor, const WeightSource& source, const std::string& field) {
    const auto bad =
        std::find_if(tensor.values.begin(), tensor.values.end(), [](float x) { return !std::isfinite(x); });
    if (bad == tensor.values.end()) return;
    loading_.findings.add(field,
                          "tensor " + quoted(tensor.name) + " of " + source.title() + " holds " +
                              (std::isnan(*bad) ? "NaN" : "a number beyond what a float can hold") + " at element " +
                              std::to_string(bad - tensor.values.begin()),
                          "expected finite numbers: a network with such weights computes nothing");
  }

  /// Sources and what came out of them: the same names with the same values are the same start.
  std::string identity() const {
    Sha256 hash;
    for (const WeightsLoaded& table : result_.tables) hash.add_sized(table.sha256());
    for (const auto& [name, digest] : result_.digests) {
      hash.add_sized(name);
      hash.add_sized(digest);
    }
    return hash.hex();
  }

  const WeightLoading& loading_;
  const std::vector<std::string> layers_;
  std::map<std::string, std::string> fields_;  ///< by layer: what loads its weights
  PretrainedWeights result_;
};

}  // namespace

PretrainedWeights load_weights(const WeightLoading& loading) { return WeightsLoader(loading).run(); }

}  // namespace thaw
