#include "schemas/rule_words.h"

#include <charconv>
#include <cmath>

namespace thaw {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::OneofDescriptor;

const FieldRules& rules_of(const FieldDescriptor& field) { return field.options().GetExtension(rules); }

std::string number_words(double number) {
  char text[32];
  const bool is_plain = std::abs(number) < 1e15 && number == std::trunc(number);
  const std::to_chars_result end = is_plain ? std::to_chars(text, text + sizeof text, static_cast<long long>(number))
                                            : std::to_chars(text, text + sizeof text, number);
  return {text, end.ptr};
}

std::string limit_words(const FieldRules& r) {
  if (r.has_min() && r.has_max()) return "from " + number_words(r.min()) + " to " + number_words(r.max());
  std::string words;
  if (r.has_min()) words = "at least " + number_words(r.min());
  if (r.has_above()) words = "above " + number_words(r.above());
  std::string upper;
  if (r.has_max()) upper = "at most " + number_words(r.max());
  if (r.has_below()) upper = "below " + number_words(r.below());
  return words.empty() || upper.empty() ? words + upper : words + ", " + upper;
}

std::string shortened(const std::string& text) {
  constexpr std::size_t kLongestShown = 60;
  if (text.size() <= kLongestShown) return text;
  std::size_t size = kLongestShown;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;  // keeps characters whole
  return text.substr(0, size) + "...";
}

std::string one_of_words(const std::vector<std::string>& names) {
  std::string words;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) words += i + 1 == names.size() ? " or " : ", ";
    words += names[i];
  }
  return words;
}

namespace {

std::string type_words(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return "a whole number";
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return "a number";
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true or false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return one_of_words(value_names(*field.enum_type()));
    case FieldDescriptor::CPPTYPE_STRING:
      return "text in quotes";
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return "a block: " + field.name() + " { ... }";
  }
  return {};
}

}  // namespace

std::string value_words(const FieldDescriptor& field) {
  FieldRules r = rules_of(field);
  const bool is_unsigned =
      field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32 || field.cpp_type() == FieldDescriptor::CPPTYPE_UINT64;
  if (is_unsigned && !r.has_min()) r.set_min(0);
  std::string words = type_words(field);
  const std::string limits = limit_words(r);
  if (!limits.empty()) words += " " + limits;
  if (r.has_unit()) words += " (" + r.unit() + ")";
  return words;
}

std::vector<std::string> value_names(const EnumDescriptor& type) {
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(type.value_count()));
  for (int i = 0; i < type.value_count(); ++i) names.push_back(type.value(i)->name());
  return names;
}

std::vector<std::string> field_names(const Descriptor& type) {
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(type.field_count()));
  for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->name());
  return names;
}

std::vector<std::string> working_names(const OneofDescriptor& alternatives) {
  std::vector<std::string> names;
  for (int i = 0; i < alternatives.field_count(); ++i) {
    if (!rules_of(*alternatives.field(i)).planned()) names.push_back(alternatives.field(i)->name());
  }
  return names;
}

}  // namespace thaw
