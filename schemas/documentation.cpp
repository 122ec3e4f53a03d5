#include "schemas/documentation.h"

#include <google/protobuf/descriptor.pb.h>

#include <sstream>

#include "schemas/diagnostic.h"
#include "schemas/options.pb.h"  // so that the rules in the descriptor are read as what they are

namespace thaw {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using google::protobuf::SourceLocation;

extern const unsigned char kSchemaDescriptor[];
extern const unsigned kSchemaDescriptorSize;

namespace {

const Descriptor* build_experiment(DescriptorPool& pool) {
  FileDescriptorProto descriptor_proto;
  FileDescriptorProto::descriptor()->file()->CopyTo(&descriptor_proto);
  pool.BuildFile(descriptor_proto);
  FileDescriptorSet files;
  const bool is_read = files.ParseFromArray(kSchemaDescriptor, static_cast<int>(kSchemaDescriptorSize));
  for (const FileDescriptorProto& file : files.file()) pool.BuildFile(file);
  const Descriptor* experiment = pool.FindMessageTypeByName("thaw.Experiment");
  if (!is_read || experiment == nullptr) throw InternalError("the embedded schema cannot be read");
  return experiment;
}

template <class Declaration>
std::string comment_at(const Declaration& declaration) {
  SourceLocation location;
  if (!declaration.GetSourceLocation(&location)) return {};
  std::istringstream lines(location.leading_comments + location.trailing_comments);
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    if (!text.empty()) text += '\n';
    text += line.starts_with(' ') ? line.substr(1) : line;
  }
  return text;
}

}  // namespace

const Descriptor& documented_experiment() {
  static DescriptorPool pool;
  static const Descriptor* experiment = build_experiment(pool);
  return *experiment;
}

std::string comment_of(const Descriptor& type) { return comment_at(type); }
std::string comment_of(const FieldDescriptor& field) { return comment_at(field); }
std::string comment_of(const EnumDescriptor& type) { return comment_at(type); }
std::string comment_of(const EnumValueDescriptor& value) { return comment_at(value); }

}  // namespace thaw
