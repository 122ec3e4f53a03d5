#pragma once

#include <google/protobuf/message.h>

#include <set>
#include <string>

#include "schemas/findings.h"

namespace thaw {

/// How a message is checked.
struct ValidateOptions {
  std::set<std::string> broken = {};  ///< paths that were given but could not be read (see ParsedText): not missing
  std::string path = {};              ///< where the message stands
  bool is_overlay = false;            ///< what it lacks may come from elsewhere: nothing is missing
};

/// Checks every field that is present against the rules written in the schema (schemas/options.proto): required fields
/// and choices, limits, finite numbers, patterns, vocabulary that is planned but not there yet.
void validate(const google::protobuf::Message& message, Findings& findings, const ValidateOptions& options);
void validate(const google::protobuf::Message& message, Findings& findings, const std::set<std::string>& broken = {});

}  // namespace thaw
