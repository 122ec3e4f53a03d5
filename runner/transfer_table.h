#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "schemas/experiment.pb.h"
#include "schemas/run_record.pb.h"

namespace thaw {

/// What `transfer` comes to, for a terminal: how the layers are treated, neighbours that are treated alike in one line,
/// and when stages begin. Empty without `transfer`.
std::string transfer_text(const Experiment& config, const std::vector<TransferRow>& rows);

/// The same for programs, a row for each inner layer; null without `transfer`.
nlohmann::ordered_json transfer_json(const Experiment& config, const std::vector<TransferRow>& rows);

}  // namespace thaw
