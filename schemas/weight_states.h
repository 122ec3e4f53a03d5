#pragma once

#include <array>

#include "schemas/run_record.pb.h"

namespace thaw {

/// What can become of a weight, in the order of tables: what someone should look at first.
inline constexpr std::array kWeightStates = {WeightRow::MISSING, WeightRow::SHAPE_MISMATCH, WeightRow::UNEXPECTED,
                                             WeightRow::ADAPTED, WeightRow::LOADED};

/// "missing", "another shape", "left over", "adapted", "loaded".
const char* weight_state_text(WeightRow::State state);

}  // namespace thaw
