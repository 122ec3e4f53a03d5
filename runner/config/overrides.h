#pragma once

#include <set>
#include <string>
#include <vector>

#include "schemas/experiment.pb.h"
#include "schemas/findings.h"

namespace thaw {

/// Applies one "field.path=value" to the experiment. The value is text format for that field; quotes around a text and
/// brackets around a single list element may be left out. Elements of a list are named by index (`model.layer[3]`) or
/// by name (`model.layer[features]`, `train.loss[bounding_box]`). Messages merge like those of a `base`, lists are
/// replaced. Findings are placed at "--set field.path=value"; `broken` collects paths that could not be set.
void apply_override(const std::string& setting, Experiment& config, SourceMap& places,
                    std::vector<Diagnostic>& findings, std::set<std::string>& broken);

}  // namespace thaw
