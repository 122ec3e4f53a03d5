#include "runner/data/recipe_text.h"

#include <google/protobuf/descriptor.h>

#include <sstream>

namespace thaw {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::string value_text(const Message& message, const FieldDescriptor* field) {
  const auto* reflection = message.GetReflection();
  std::ostringstream text;
  text.precision(17);
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      text << reflection->GetBool(message, field);
      break;
    case FieldDescriptor::CPPTYPE_INT32:
      text << reflection->GetInt32(message, field);
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      text << reflection->GetInt64(message, field);
      break;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      text << reflection->GetDouble(message, field);
      break;
    case FieldDescriptor::CPPTYPE_STRING:
      text << '"' << reflection->GetString(message, field) << '"';
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      text << reflection->GetEnumValue(message, field);
      break;
    default:
      text << "{ " << recipe_text(reflection->GetMessage(message, field)) << "}";
  }
  return text.str();
}

}  // namespace

std::string recipe_text(const Message& message) {
  const auto* descriptor = message.GetDescriptor();
  std::string text;
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    const bool is_set = message.GetReflection()->HasField(message, field);
    const bool is_alternative = field->containing_oneof() != nullptr;
    if (is_alternative && !is_set) continue;
    const bool has_value = is_set || field->has_default_value();
    text += field->name() + ": " + (has_value ? value_text(message, field) : "unset") + " ";
  }
  return text;
}

}  // namespace thaw
