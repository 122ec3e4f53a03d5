#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "reports/record_view.h"

namespace thaw::reports {

/// What the frozen trunk did, for each set of samples of each stage: how many it computed, how many were there already.
/// An empty list for a network without a trunk.
nlohmann::ordered_json trunk_list(const RecordView& view);

/// The same for a terminal. Empty for a network without a trunk.
std::string trunk_text(const RecordView& view);

/// The report's part; null for a network without a trunk.
nlohmann::json trunk_section(const RecordView& view);

}  // namespace thaw::reports
