#include "runner/config/resolve.h"

#include <google/protobuf/descriptor.h>

#include "schemas/rule_words.h"
#include "schemas/textproto.h"

namespace thaw {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

namespace {

// Sets an unset field to the default that its accessor gives already, so that it is printed.
void write_default(Message& message, const FieldDescriptor* field) {
  const Reflection& r = *message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return r.SetInt32(&message, field, r.GetInt32(message, field));
    case FieldDescriptor::CPPTYPE_INT64:
      return r.SetInt64(&message, field, r.GetInt64(message, field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return r.SetUInt32(&message, field, r.GetUInt32(message, field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return r.SetUInt64(&message, field, r.GetUInt64(message, field));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return r.SetFloat(&message, field, r.GetFloat(message, field));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return r.SetDouble(&message, field, r.GetDouble(message, field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return r.SetBool(&message, field, r.GetBool(message, field));
    case FieldDescriptor::CPPTYPE_ENUM:
      return r.SetEnum(&message, field, r.GetEnum(message, field));
    case FieldDescriptor::CPPTYPE_STRING:
      return r.SetString(&message, field, r.GetString(message, field));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return;
  }
}

void write_defaults(Message& message) {
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message.GetDescriptor()->field(i);
    const bool is_message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (rules_of(*field).overlay()) continue;  // its defaults are those of what it is laid onto
    if (field->is_repeated()) {
      for (int k = 0; is_message && k < reflection.FieldSize(message, field); ++k) {
        write_defaults(*reflection.MutableRepeatedMessage(&message, field, k));
      }
    } else if (is_message) {
      const bool is_used = reflection.HasField(message, field) || rules_of(*field).implied();
      if (is_used) write_defaults(*reflection.MutableMessage(&message, field));
    } else if (field->has_default_value() && !reflection.HasField(message, field)) {
      write_default(message, field);
    }
  }
}

}  // namespace

std::string resolve(const Experiment& config) {
  Experiment full = config;
  full.clear_base();
  write_defaults(full);
  return "# proto-file: schemas/experiment.proto\n# proto-message: thaw.Experiment\n" + print_text(full);
}

}  // namespace thaw
