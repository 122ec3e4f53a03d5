#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "schemas/run_record.pb.h"
#include "zoo/compose.h"

namespace thaw {

/// Values by parameter name ("backbone/conv1/kernel"), row-major. Shared, so that they lie in memory once.
using ParameterValues = std::map<std::string, std::shared_ptr<const std::vector<float>>>;

/// What an experiment's `weights` brought.
struct PretrainedWeights {
  ParameterValues values;             ///< let go once a session took them
  std::vector<WeightsLoaded> tables;  ///< a row for each parameter and each tensor, by source
  std::string sha256;                 ///< over the sources' bytes and the values; empty: nothing was loaded
  /// SHA-256 of each of the values, by the parameter's name. Stays when they are let go.
  std::map<std::string, std::string> digests;
};

/// What one of several `weights` brought for some layers.
struct LoadedWeights {
  WeightsLoaded table;
  ParameterValues values;
  std::map<std::string, std::string> digests;  ///< of the values: as PretrainedWeights has them
};

/// The parameters that start from weights that were learned before: those that were loaded, and those of onnx layers.
std::set<std::string> pretrained_names(const Model& model, const ComposedModel& composed,
                                       const PretrainedWeights& weights);

}  // namespace thaw
