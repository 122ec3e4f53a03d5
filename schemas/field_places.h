#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

namespace thaw {

/// A field and where it stands below some message: "optimizer.adam.beta_1". Repeated fields carry no index.
struct FieldPlace {
  std::string path;
  const google::protobuf::FieldDescriptor* field;
};

/// Every field that can be written below `root`, in the order of the schema. Recursive messages are entered once.
std::vector<FieldPlace> all_fields(const google::protobuf::Descriptor& root);

/// Where a field of this name could have been meant to stand: around `path`, where `type` stands, and below it,
/// otherwise anywhere below `root`. "learning_rate is a field of train.optimizer.sgd or train.optimizer.adam"; empty if
/// nowhere.
std::string where_field_lives(const std::string& name, const google::protobuf::Descriptor& type,
                              const std::string& path, const google::protobuf::Descriptor& root);

}  // namespace thaw
