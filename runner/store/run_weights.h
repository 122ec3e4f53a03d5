#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runner/store/safetensors.h"

namespace thaw {

/// Which of a run's weights are meant.
enum class WhichWeights {
  kBest,  ///< of the best epoch
  kLast,  ///< of the newest checkpoint; the optimizer's slots with them as long as steps are to come
};

/// A run's weights, complete.
struct RunWeights {
  std::vector<NamedTensor> tensors;  ///< sorted by name, each name once
  std::vector<std::string> paths;    ///< the files that they were read from
  std::int64_t step = 0;             ///< steps finished when they were written
  std::string origin;                ///< "best, epoch 3", "last, step 120"
};

/// Reads them: what never changes may lie in checkpoints/frozen.safetensors, and what a checkpoint holds goes before
/// it. Nothing if the run has none yet. Throws InputError (damaged), IoError.
std::optional<RunWeights> read_run_weights(const std::string& run_folder, WhichWeights which = WhichWeights::kBest);

}  // namespace thaw
