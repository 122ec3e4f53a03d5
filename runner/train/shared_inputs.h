#pragma once

#include <map>
#include <string>

#include "runner/data/open_data.h"
#include "runner/train/weights/pretrained.h"

namespace thaw {

/// What experiments that are prepared one after the other have in common is read once and lies in memory once: samples
/// with their decoded pictures, and pretrained weights. It takes for granted that files stay what they are meanwhile.
class SharedInputs {
 public:
  /// What one `weights` brought for some layers.
  struct LoadedWeights {
    WeightsLoaded table;
    ParameterValues values;
    std::map<std::string, std::string> digests;  ///< of the values: as PretrainedWeights has them
  };

  /// Null: not read yet.
  const OpenedData* samples(const std::string& key) const { return find(samples_, key); }
  void keep_samples(const std::string& key, OpenedData opened) { samples_[key] = std::move(opened); }
  const LoadedWeights* weights(const std::string& key) const { return find(weights_, key); }
  void keep_weights(const std::string& key, LoadedWeights loaded) { weights_[key] = std::move(loaded); }

 private:
  template <typename Value>
  static const Value* find(const std::map<std::string, Value>& values, const std::string& key) {
    const auto found = values.find(key);
    return found == values.end() ? nullptr : &found->second;
  }

  std::map<std::string, OpenedData> samples_;
  std::map<std::string, LoadedWeights> weights_;
};

}  // namespace thaw
