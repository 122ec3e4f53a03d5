#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

#include "schemas/options.pb.h"

namespace thaw {

/// The rules written at a field; empty ones where there are none.
const FieldRules& rules_of(const google::protobuf::FieldDescriptor& field);

/// "from 1 to 8192", "above 0, below 1", "at least 0"; empty if there are no limits.
std::string limit_words(const FieldRules& rules);

/// What a value of the field must be, with limits and unit: "a whole number from 1 to 8192 (pixels)".
std::string value_words(const google::protobuf::FieldDescriptor& field);

/// The shortest text that reads back as the same number: "0.1", "1000000", "1e-07".
std::string number_words(double number);

/// "a", "a or b", "a, b or c".
std::string one_of_words(const std::vector<std::string>& names);

/// The beginning of a text that is too long to quote whole, with "..." for the rest.
std::string shortened(const std::string& text);

std::vector<std::string> value_names(const google::protobuf::EnumDescriptor& type);
std::vector<std::string> field_names(const google::protobuf::Descriptor& type);

/// The alternatives of a choice that work today: those not marked `planned`.
std::vector<std::string> working_names(const google::protobuf::OneofDescriptor& choice);

}  // namespace thaw
