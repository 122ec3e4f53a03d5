#include "schemas/validate.h"

#include <google/protobuf/descriptor.h>

#include <cmath>
#include <map>
#include <optional>
#include <regex>

#include "schemas/rule_words.h"

namespace thaw {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;
using google::protobuf::Reflection;

namespace {

// Every pattern of the schema is bounded well below this, and std::regex recurses once a character.
constexpr std::size_t kLongestMatched = 1000;

// One field's value; index -1: not repeated.
struct Element {
  const Message& message;
  const FieldDescriptor* field;
  int index;

  template <class Single, class Repeated>
  auto get(Single single, Repeated repeated) const {
    const Reflection* r = message.GetReflection();
    return index < 0 ? (r->*single)(message, field) : (r->*repeated)(message, field, index);
  }
};

struct Number {
  double value;
  std::string text;
};

// The number in an element; nothing if it holds none. Whole numbers keep all their digits in `text`.
std::optional<Number> number_of(const Element& e) {
  const auto whole = [](auto value) { return Number{static_cast<double>(value), std::to_string(value)}; };
  const auto real = [](double value) { return Number{value, number_words(value)}; };
  switch (e.field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return whole(e.get(&Reflection::GetInt32, &Reflection::GetRepeatedInt32));
    case FieldDescriptor::CPPTYPE_INT64:
      return whole(e.get(&Reflection::GetInt64, &Reflection::GetRepeatedInt64));
    case FieldDescriptor::CPPTYPE_UINT32:
      return whole(e.get(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32));
    case FieldDescriptor::CPPTYPE_UINT64:
      return whole(e.get(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return real(e.get(&Reflection::GetFloat, &Reflection::GetRepeatedFloat));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return real(e.get(&Reflection::GetDouble, &Reflection::GetRepeatedDouble));
    default:
      return std::nullopt;
  }
}

bool is_outside(double value, const FieldRules& r) {
  return (r.has_min() && value < r.min()) || (r.has_max() && value > r.max()) ||
         (r.has_above() && value <= r.above()) || (r.has_below() && value >= r.below());
}

class Validator {
 public:
  Validator(Findings& findings, const ValidateOptions& options)
      : findings_(findings), broken_(options.broken), is_overlay_(options.is_overlay) {}

  void check_message(const Message& message, const std::string& path) {
    const Descriptor& type = *message.GetDescriptor();
    for (int i = 0; i < type.field_count(); ++i) check_field(message, type.field(i), path);
    for (int i = 0; i < type.oneof_decl_count(); ++i) check_choice(message, type.oneof_decl(i), path);
  }

 private:
  static std::string join(const std::string& path, const std::string& name) {
    return path.empty() ? name : path + "." + name;
  }

  bool is_broken(const std::string& path, const std::string& name) const {
    return broken_.count("*") > 0 || broken_.count(join(path, name)) > 0 || broken_.count(join(path, "*")) > 0;
  }

  void check_field(const Message& message, const FieldDescriptor* field, const std::string& path) {
    const Reflection* reflection = message.GetReflection();
    const std::string field_path = join(path, field->name());
    const int count =
        field->is_repeated() ? reflection->FieldSize(message, field) : reflection->HasField(message, field);
    const FieldRules& rules = rules_of(*field);
    if (count > 0 && rules.planned()) return findings_.add(field_path, "is planned and does not work yet");
    if (count == 0) {
      const bool is_missing = rules.required() && !is_overlay_ && !is_broken(path, field->name());
      if (is_missing) findings_.add(field_path, "is missing", "expected " + value_words(*field));
      return;
    }
    if (rules.has_max_count() && count > rules.max_count()) {
      findings_.add(field_path, "has " + std::to_string(count) + " values",
                    "expected at most " + std::to_string(rules.max_count()));
    }
    for (int i = 0; i < count; ++i) {
      const Element element{message, field, field->is_repeated() ? i : -1};
      check_element(element, field->is_repeated() ? field_path + "[" + std::to_string(i) + "]" : field_path);
    }
  }

  void check_element(const Element& element, const std::string& path) {
    if (element.field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      const bool was_overlay = is_overlay_;
      is_overlay_ = was_overlay || rules_of(*element.field).overlay();
      check_message(message_of(element), path);
      is_overlay_ = was_overlay;
      return;
    }
    if (element.field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) return check_string(element, path);
    if (const std::optional<Number> number = number_of(element)) check_number(*number, *element.field, path);
  }

  static const Message& message_of(const Element& e) {
    const Reflection* r = e.message.GetReflection();
    return e.index < 0 ? r->GetMessage(e.message, e.field) : r->GetRepeatedMessage(e.message, e.field, e.index);
  }

  void check_number(const Number& number, const FieldDescriptor& field, const std::string& path) {
    if (std::isfinite(number.value) && !is_outside(number.value, rules_of(field))) return;
    findings_.add(path, "cannot be " + number.text, "expected " + value_words(field));
  }

  void check_string(const Element& element, const std::string& path) {
    const std::string text = element.get(&Reflection::GetString, &Reflection::GetRepeatedString);
    const FieldRules& rules = rules_of(*element.field);
    if (rules.path() && text.empty())
      return findings_.add(path, "cannot be \"\"", "expected the path of a file or folder");
    if (!rules.has_pattern()) return;
    const std::regex& pattern = patterns_.try_emplace(rules.pattern(), rules.pattern()).first->second;
    if (text.size() <= kLongestMatched && std::regex_match(text, pattern)) return;
    findings_.add(path, "cannot be \"" + shortened(text) + '"', "expected " + rules.pattern_note());
  }

  void check_choice(const Message& message, const OneofDescriptor* choice, const std::string& path) {
    if (!choice->options().GetExtension(thaw::choice).required()) return;
    if (is_overlay_ || message.GetReflection()->HasOneof(message, choice) || is_broken(path, "*")) return;
    for (int i = 0; i < choice->field_count(); ++i) {
      if (is_broken(path, choice->field(i)->name())) return;
    }
    findings_.add(path, "is missing its " + choice->name(), "expected one of " + one_of_words(working_names(*choice)));
  }

  Findings& findings_;
  const std::set<std::string>& broken_;
  bool is_overlay_;                             // what is checked is laid onto something that may have what it lacks
  std::map<std::string, std::regex> patterns_;  // compiling one takes longer than matching
};

}  // namespace

void validate(const Message& message, Findings& findings, const ValidateOptions& options) {
  Validator(findings, options).check_message(message, options.path);
}

void validate(const Message& message, Findings& findings, const std::set<std::string>& broken) {
  validate(message, findings, ValidateOptions{.broken = broken});
}

}  // namespace thaw
