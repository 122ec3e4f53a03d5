#pragma once

#include <google/protobuf/descriptor.h>

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

/// A "field.path=value" that stands in a file.
struct PlacedSetting {
  std::string text;
  Location place;
};
/// An experiment that settings are applied to, with the places of its fields.
struct SettingTarget {
  Experiment& config;
  SourceMap& places;
};
/// The same for a setting in a file: what it sets has its place, and so have findings.
void apply_setting(const PlacedSetting& setting, SettingTarget target, std::vector<Diagnostic>& findings);

/// The field that "field.path" names in the experiment; null after findings.
const google::protobuf::FieldDescriptor* find_setting_field(const PlacedSetting& path, const Experiment& config,
                                                            std::vector<Diagnostic>& findings);

}  // namespace thaw
