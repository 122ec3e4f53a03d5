#pragma once

#include <map>
#include <string>
#include <vector>

#include "runner/data/open_data.h"
#include "runner/train/last_few.h"
#include "runner/train/model_files.h"
#include "runner/train/pretraining.h"
#include "runner/train/weights/pretrained.h"

namespace thaw {

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
  LastFew<LoadedWeights> weights{6};              ///< by what is asked for and by whom
  std::map<std::string, Pretrained> experiments;  ///< by place
};

}  // namespace thaw
