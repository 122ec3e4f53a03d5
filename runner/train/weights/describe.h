#pragma once

#include <string>
#include <vector>

#include "schemas/run_record.pb.h"

namespace thaw {

/// "52 loaded, 1 adapted, 2 missing, 1 left over": what there is none of is left out.
std::string weights_counts(const google::protobuf::RepeatedPtrField<WeightRow>& rows);

/// "weights: 53 loaded from resnet50.safetensors for layer "backbone"".
std::string weights_line(const WeightsLoaded& loaded);

/// One line a row, indented; what was not simply loaded first.
std::string weights_table(const WeightsLoaded& loaded);

/// Why weights were refused.
struct RefusedWeights {
  std::string target;              ///< "layer \"backbone\""
  std::string source;              ///< "resnet50.safetensors"
  std::vector<std::string> notes;  ///< by parameter: "nearest: conv1.weight", or empty
  // One name of each kind that no rule allows, for the advice; empty: none.
  std::string missing, unexpected, mismatched;
  bool is_of_model = false;     ///< model.weights, which may be for some layers alone
  bool can_be_adapted = false;  ///< the first convolution, to another number of channels
};

/// The finding's message: counts, then the whole table.
std::string refused_text(const RefusedWeights& refused, const std::vector<WeightRow>& rows);
/// Which fields would help.
std::string refused_advice(const RefusedWeights& refused);

}  // namespace thaw
