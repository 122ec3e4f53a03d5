#pragma once

#include <google/protobuf/message.h>

#include <set>
#include <string>

#include "schemas/findings.h"

namespace thaw {

/// Checks every field that is present against the rules written in the schema (schemas/options.proto): required fields
/// and choices, limits, finite numbers, patterns, vocabulary that is planned but not there yet.
/// `broken`: paths that were given but could not be read (see ParsedText); they are not missing.
void validate(const google::protobuf::Message& message, Findings& findings, const std::set<std::string>& broken = {});

}  // namespace thaw
