#pragma once

#include <google/protobuf/descriptor.h>

#include <string>

namespace thaw {

/// The message Experiment with all comments of its .proto file. The descriptors that generated code carries have none.
const google::protobuf::Descriptor& documented_experiment();

/// The comments at a declaration as plain text; empty if there are none.
std::string comment_of(const google::protobuf::Descriptor& type);
std::string comment_of(const google::protobuf::FieldDescriptor& field);
std::string comment_of(const google::protobuf::EnumDescriptor& type);
std::string comment_of(const google::protobuf::EnumValueDescriptor& value);

}  // namespace thaw
