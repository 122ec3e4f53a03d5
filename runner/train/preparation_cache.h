#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runner/data/open_data.h"
#include "runner/train/model_files.h"
#include "runner/train/pretraining.h"
#include "runner/train/weights/pretrained.h"

namespace thaw {

/// The last few values by key.
template <typename Value>
class LastFew {
 public:
  explicit LastFew(std::size_t most) : most_(most) {}

  const Value* find(const std::string& key) const {
    for (const auto& [known, value] : values_) {
      if (known == key) return &value;
    }
    return nullptr;
  }
  void keep(const std::string& key, Value value) {
    values_.emplace_front(key, std::move(value));
    if (values_.size() > most_) values_.pop_back();
  }

 private:
  std::size_t most_;
  std::deque<std::pair<std::string, Value>> values_;
};

/// What experiments share that are prepared one after the other in one process: data, weights and models are opened and
/// read once as long as the experiments are alike in them. Holds little: one set of data and a few sets of weights.
/// Good as long as nobody runs anything or changes a file.
struct PreparationCache {
  /// What an experiment that gives weights was found to be.
  struct Pretrained {
    std::string run_folder;           ///< of its finished run; empty: there is none
    std::vector<RunFirst> run_first;  ///< it and those before it; `field` empty where that is whoever asks
    std::map<std::string, Shape> parameters;
  };

  LastFew<OpenedData> data{1};
  LastFew<OpenedModels> models{2};
  LastFew<std::pair<PretrainedWeights, std::vector<RunFirst>>> weights{3};
  std::map<std::string, Pretrained> experiments;  ///< by place
};

}  // namespace thaw
