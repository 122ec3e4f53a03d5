#include "schemas/explain.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "schemas/diagnostic.h"
#include "schemas/documentation.h"
#include "schemas/field_places.h"
#include "schemas/rule_words.h"

namespace thaw {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;

namespace {

std::string indented(const std::string& text, const std::string& indent) {
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);) out += indent + line + '\n';
  return out;
}

std::string default_words(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return std::to_string(field.default_value_int32());
    case FieldDescriptor::CPPTYPE_INT64:
      return std::to_string(field.default_value_int64());
    case FieldDescriptor::CPPTYPE_UINT32:
      return std::to_string(field.default_value_uint32());
    case FieldDescriptor::CPPTYPE_UINT64:
      return std::to_string(field.default_value_uint64());
    case FieldDescriptor::CPPTYPE_FLOAT:
      return number_words(field.default_value_float());
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return number_words(field.default_value_double());
    case FieldDescriptor::CPPTYPE_BOOL:
      return field.default_value_bool() ? "true" : "false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return field.default_value_enum()->name();
    case FieldDescriptor::CPPTYPE_STRING:
      return '"' + field.default_value_string() + '"';
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return {};
}

// What holds when the field is left out.
std::string absence_words(const FieldDescriptor& field) {
  const FieldRules& r = rules_of(field);
  if (r.planned()) return "planned: it does not work yet";
  if (r.required()) return "required";
  if (r.has_default_note()) return "default: " + r.default_note();
  if (field.has_default_value()) return "default: " + default_words(field);
  if (r.implied()) return "optional; left out, its defaults apply";
  return field.containing_oneof() != nullptr ? "" : "optional";
}

std::string type_name(const FieldDescriptor& field) {
  if (field.message_type() != nullptr) return field.message_type()->name();
  if (field.enum_type() != nullptr) return field.enum_type()->name();
  return field.cpp_type() == FieldDescriptor::CPPTYPE_STRING ? "text" : field.type_name();
}

// The field's comment, or that of its message.
std::string about(const FieldDescriptor& field) {
  const std::string comment = comment_of(field);
  return comment.empty() && field.message_type() != nullptr ? comment_of(*field.message_type()) : comment;
}

// "beta_1  double  at least 0, below 1; default: 0.9" and its comment below.
std::string field_entry(const FieldDescriptor& field) {
  std::string line = "  " + field.name() + (field.is_repeated() ? " (list)" : "") + ": " + type_name(field);
  const FieldRules& r = rules_of(field);
  std::string limits = limit_words(r);
  if (r.has_unit()) limits += (limits.empty() ? "" : " ") + ("(" + r.unit() + ")");
  for (const std::string& part : {limits, absence_words(field)}) {
    if (!part.empty()) line += "; " + part;
  }
  return line + '\n' + indented(about(field), "      ");
}

// The fields of a message; the alternatives of a choice stand together.
std::string fields_page(const Descriptor& type) {
  if (type.field_count() == 0) return "It has no fields: write { }.\n";
  std::string page = "Fields of " + type.name() + ":\n";
  const google::protobuf::OneofDescriptor* open = nullptr;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.containing_oneof() != nullptr && field.containing_oneof() != open) {
      const bool is_required = field.containing_oneof()->options().GetExtension(choice).required();
      page += std::string(is_required ? "One of these" : "At most one of these") + " (" +
              field.containing_oneof()->name() + "):\n";
    }
    open = field.containing_oneof();
    page += field_entry(field);
  }
  return page;
}

std::string values_page(const EnumDescriptor& type) {
  std::string page = "Values of " + type.name() + ":\n";
  for (int i = 0; i < type.value_count(); ++i) {
    page += "  " + type.value(i)->name() + '\n' + indented(comment_of(*type.value(i)), "      ");
  }
  return page;
}

std::string field_page(const FieldPlace& place) {
  const FieldDescriptor& field = *place.field;
  std::string page = place.path + '\n' + indented(comment_of(field), "  ");
  page += "\n  type: " + type_name(field) + (field.is_repeated() ? " (list)" : "") + '\n';
  if (field.message_type() == nullptr) page += "  expected: " + value_words(field) + '\n';
  if (rules_of(field).has_pattern_note()) page += "  form: " + rules_of(field).pattern_note() + '\n';
  if (!absence_words(field).empty()) page += "  " + absence_words(field) + '\n';
  if (field.enum_type() != nullptr) page += '\n' + values_page(*field.enum_type());
  if (field.message_type() == nullptr) return page;
  const std::string type_comment = comment_of(*field.message_type());
  return page + (type_comment.empty() ? "" : '\n' + type_comment + '\n') + '\n' + fields_page(*field.message_type());
}

template <class Matches>
std::string places_page(const std::string& heading, const std::vector<FieldPlace>& places, Matches matches) {
  std::string page = heading + ":\n";
  for (const FieldPlace& place : places) {
    if (matches(place)) page += "  " + place.path + '\n';
  }
  return page;
}

std::string message_page(const Descriptor& type, const std::vector<FieldPlace>& places) {
  return type.name() + '\n' + indented(comment_of(type), "  ") + '\n' + fields_page(type) + '\n' +
         places_page("Stands at", places, [&](const FieldPlace& p) { return p.field->message_type() == &type; });
}

std::string enum_page(const EnumDescriptor& type, const std::vector<FieldPlace>& places) {
  return type.name() + '\n' + indented(comment_of(type), "  ") + '\n' + values_page(type) + '\n' +
         places_page("Used by", places, [&](const FieldPlace& p) { return p.field->enum_type() == &type; });
}

std::string overview(const std::vector<FieldPlace>& places) {
  std::string page = comment_of(documented_experiment()) + "\n\n";
  std::string planned;  // the path whose fields are not listed: they do not work yet
  for (const FieldPlace& place : places) {
    if (!planned.empty() && place.path.starts_with(planned)) continue;
    planned = rules_of(*place.field).planned() ? place.path + "." : "";
    const auto depth = static_cast<std::size_t>(std::count(place.path.begin(), place.path.end(), '.'));
    const std::string absence = absence_words(*place.field);
    page +=
        std::string(2 * depth + 2, ' ') + place.field->name() + (absence.empty() ? "" : "  (" + absence + ")") + '\n';
  }
  return page + "\nthaw explain FIELD tells more: `thaw explain train.optimizer.adam`, `thaw explain Activation`.\n";
}

// "model.layer[3].conv2d" -> "model.layer.conv2d", so that paths of findings can be pasted.
std::string without_indices(const std::string& path) {
  std::string out;
  bool in_brackets = false;
  for (const char c : path) {
    if (c == '[') in_brackets = true;
    if (!in_brackets) out += c;
    if (c == ']') in_brackets = false;
  }
  return out;
}

[[noreturn]] void refuse(const std::string& name, const std::vector<FieldPlace>& places) {
  std::vector<std::string> candidates;
  for (const FieldPlace& place : places) {
    candidates.push_back(place.path);
    candidates.push_back(place.field->name());
    if (place.field->message_type() != nullptr) candidates.push_back(place.field->message_type()->name());
    if (place.field->enum_type() != nullptr) candidates.push_back(place.field->enum_type()->name());
  }
  Diagnostic finding;
  finding.message = "nothing is called \"" + name + "\"";
  finding.expectation = "expected a field, its path, a message or an enumeration; `thaw explain` lists them";
  finding.nearest = nearest_name(name, candidates);
  throw InputError(std::vector<Diagnostic>{finding});
}

}  // namespace

std::string explain(const std::string& field_path) {
  const std::vector<FieldPlace> places = all_fields(documented_experiment());
  if (field_path.empty()) return overview(places);
  const std::string name = without_indices(field_path);
  std::vector<FieldPlace> namesakes;
  for (const FieldPlace& place : places) {
    if (place.path == name) return field_page(place);
    if (place.field->name() == name) namesakes.push_back(place);
  }
  const FileDescriptor& file = *documented_experiment().file();
  if (const Descriptor* type = file.FindMessageTypeByName(name)) return message_page(*type, places);
  if (const EnumDescriptor* type = file.FindEnumTypeByName(name)) return enum_page(*type, places);
  if (namesakes.empty()) refuse(field_path, places);
  if (namesakes.size() == 1) return field_page(namesakes[0]);
  return places_page(name + " stands in several places", namesakes, [](const FieldPlace&) { return true; });
}

}  // namespace thaw
