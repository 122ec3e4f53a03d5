#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "reports/record_view.h"

namespace thaw::reports {

/// What the plan foresaw, beside what was measured; null where the record says nothing.
nlohmann::ordered_json prediction_object(const RecordView& view);

/// Where a step's time goes: every kernel, in the order they run; null where the run was not profiled.
nlohmann::ordered_json profile_object(const RecordView& view);

/// The same for a terminal: the slowest kernels, and what reorders take. Empty where the run was not profiled.
std::string profile_text(const RecordView& view);

}  // namespace thaw::reports
