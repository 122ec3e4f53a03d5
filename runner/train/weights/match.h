#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "runner/train/weights/source.h"
#include "schemas/experiment.pb.h"
#include "schemas/findings.h"
#include "schemas/run_record.pb.h"

namespace thaw {

/// A parameter that waits for weights.
struct WeightSlot {
  std::string name;  ///< "backbone/conv1/kernel"
  Shape shape;
};

/// What weights are for: one layer, or layers of the model.
struct WeightTarget {
  std::string title;                ///< "layer \"backbone\"", "the model's layers"
  std::string prefix;               ///< of the parameters, which the rules leave out: "backbone/"; may be empty
  std::string usual_tensor_prefix;  ///< where the rules give none: "backbone", or empty
  std::vector<WeightSlot> slots;    ///< in the network's order
  std::set<std::string> given;      ///< numbers that the experiment itself gives: not weights, though a run keeps them
  std::set<std::string> left_out;   ///< layers of the model that the weights are not for, though a source may know them
};

/// Which tensor of a source goes into which parameter.
struct WeightMatch {
  std::vector<WeightRow> rows;  ///< the parameters in the network's order, then the tensors that are left over
  std::map<std::string, std::string> parameter_of;  ///< by tensor
  std::set<std::string> adapted;                    ///< parameters that get another number of input channels
};

/// Matches names as the rules say. Findings at `field` (that of the Weights message): patterns that match nothing, and
/// anything missing, left over or of another shape that no rule allows, with the whole table.
WeightMatch match_weights(const Weights& weights, const WeightTarget& target, const WeightSource& source,
                          const std::string& field, Findings& findings);

}  // namespace thaw
