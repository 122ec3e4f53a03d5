#include "runner/config/overrides.h"

#include <google/protobuf/descriptor.h>

#include <cctype>
#include <memory>
#include <optional>
#include <utility>

#include "runner/config/merge.h"
#include "schemas/field_places.h"
#include "schemas/layer_names.h"
#include "schemas/rule_words.h"
#include "schemas/textproto.h"

namespace thaw {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

namespace {

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// "layer[3]" or "layer[features]" or "layer".
struct Step {
  std::string field;
  std::optional<std::string> element;
};

// Dots inside brackets belong to a layer's name.
std::vector<Step> split_path(const std::string& path) {
  std::vector<Step> steps(1);
  bool in_brackets = false;
  for (const char c : path) {
    Step& step = steps.back();
    if (in_brackets) {
      in_brackets = c != ']';
      if (in_brackets) *step.element += c;
    } else if (c == '[') {
      in_brackets = true;
      step.element = "";
    } else if (c == '.') {
      steps.emplace_back();
    } else {
      step.field += c;
    }
  }
  return steps;
}

// What each element of a list is called: its name, or the output it speaks of; empty if it has neither.
std::vector<std::string> element_names(const Message& message, const FieldDescriptor* field) {
  if (const auto* model = dynamic_cast<const Model*>(&message)) return layer_names(*model);
  std::vector<std::string> names;
  const Reflection& reflection = *message.GetReflection();
  const Descriptor* type = field->message_type();
  if (type == nullptr) return names;
  const FieldDescriptor* key = type->FindFieldByName("name");
  if (key == nullptr) key = type->FindFieldByName("output");
  for (int i = 0; key != nullptr && i < reflection.FieldSize(message, field); ++i) {
    const Message& element = reflection.GetRepeatedMessage(message, field, i);
    names.push_back(element.GetReflection()->GetString(element, key));
  }
  return names;
}

class Override {
 public:
  Override(Location place, SourceMap& places, std::vector<Diagnostic>& findings, std::set<std::string>& broken)
      : place_(std::move(place)), places_(places), findings_(findings), broken_(broken) {}

  void apply(Message& root, const std::vector<Step>& steps, const std::string& value) {
    const Goal goal = find(root, steps);
    if (goal.field != nullptr) set(*goal.message, goal.field, steps.back(), goal.path, goal.field_path, value);
  }

  struct Goal {
    Message* message = nullptr;
    const FieldDescriptor* field = nullptr;  // none after a finding
    std::string path, field_path;            // of the message, of the field
  };
  // What a path leads to; makes the messages on the way.
  Goal find(Message& root, const std::vector<Step>& steps) {
    root_ = root.GetDescriptor();
    Goal goal{&root, nullptr, "", ""};
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const FieldDescriptor* field = find_field(*goal.message, steps[i], goal.path);
      if (field == nullptr) return {};
      goal.field_path = goal.path.empty() ? field->name() : goal.path + "." + field->name();
      if (i + 1 == steps.size()) goal.field = field;
      if (i + 1 == steps.size()) break;
      goal.message = enter(*goal.message, field, steps[i], goal.field_path, steps[i + 1]);
      if (goal.message == nullptr) return {};
      goal.path = entered_;
    }
    return goal;
  }

 private:
  const FieldDescriptor* find_field(const Message& message, const Step& step, const std::string& path) {
    const Descriptor& type = *message.GetDescriptor();
    const FieldDescriptor* field = type.FindFieldByName(step.field);
    if (field != nullptr) return field;
    std::string expectation =
        type.field_count() == 0 ? type.name() + " has no fields" : "expected a field of " + type.name();
    const std::string elsewhere = where_field_lives(step.field, type, path, *root_);
    if (!elsewhere.empty()) expectation += " (" + elsewhere + ")";
    report(path.empty() ? step.field : path + "." + step.field, "unknown field", expectation,
           nearest_name(step.field, field_names(type)));
    return nullptr;
  }

  // The message that the rest of the path speaks of; created if it is a single one that is not there yet.
  Message* enter(Message& message, const FieldDescriptor* field, const Step& step, const std::string& field_path,
                 const Step& next) {
    if (field->message_type() == nullptr) {
      report(field_path, "has no fields", "expected " + field_path + "=VALUE");
      return nullptr;
    }
    entered_ = field_path;
    if (!field->is_repeated()) {
      if (step.element) {
        report(field_path, "is not a list", "expected " + field_path + "." + next.field);
        return nullptr;
      }
      forget_other_choice(message, field, field_path);
      places_.insert({field_path, place_});
      return message.GetReflection()->MutableMessage(&message, field);
    }
    const int index = find_element(message, field, step, field_path);
    if (index < 0) return nullptr;
    entered_ = field_path + "[" + std::to_string(index) + "]";
    return message.GetReflection()->MutableRepeatedMessage(&message, field, index);
  }

  int find_element(const Message& message, const FieldDescriptor* field, const Step& step,
                   const std::string& field_path) {
    const int size = message.GetReflection()->FieldSize(message, field);
    const std::vector<std::string> names = element_names(message, field);
    if (!step.element) {
      report(field_path, "is a list", "expected an index or a name: " + field_path + "[0]");
      return -1;
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] == *step.element) return static_cast<int>(i);
    }
    const bool is_number = !step.element->empty() && step.element->find_first_not_of("0123456789") == std::string::npos;
    const bool is_index = is_number && step.element->size() < 9;
    if (is_index && std::stoi(*step.element) < size) return std::stoi(*step.element);
    const std::string count = "there are " + std::to_string(size);
    report(field_path, "has no element [" + *step.element + "]",
           size == 0 ? "the list is empty"
                     : count + ": [0] to [" + std::to_string(size - 1) + "]" + (names.empty() ? "" : ", or a name"),
           is_number ? "" : nearest_name(*step.element, names));
    return -1;
  }

  void set(Message& message, const FieldDescriptor* field, const Step& step, const std::string& path,
           const std::string& field_path, const std::string& value) {
    if (step.element && field->is_repeated()) return set_element(message, field, step, field_path, value);
    if (step.element) return report(field_path, "is not a list", "expected " + field_path + "=VALUE");
    SourceMap new_places;
    const std::unique_ptr<Message> over = read(message, field, path, value, new_places);
    if (over == nullptr) return;
    if (field->is_repeated()) {
      message.GetReflection()->ClearField(&message, field);
      erase_places_below(places_, field_path);
    }
    merge_onto(message, places_, *over, new_places, path);
  }

  void set_element(Message& message, const FieldDescriptor* field, const Step& step, const std::string& field_path,
                   const std::string& value) {
    const int index = find_element(message, field, step, field_path);
    if (index < 0) return;
    SourceMap new_places;
    const std::unique_ptr<Message> over = read(message, field, "", value, new_places);
    if (over == nullptr) return;
    const Reflection& reflection = *message.GetReflection();
    if (reflection.FieldSize(*over, field) != 1) {
      return report(field_path + "[" + std::to_string(index) + "]", "takes one value, not a list");
    }
    // The new element goes to the end, changes places with the old one, and the old one is dropped.
    message.MergeFrom(*over);
    reflection.SwapElements(&message, field, index, reflection.FieldSize(message, field) - 1);
    reflection.RemoveLast(&message, field);
    places_[field_path + "[" + std::to_string(index) + "]"] = place_;
  }

  // A message of `message`'s type with nothing but the field set; nothing if the value is bad.
  std::unique_ptr<Message> read(const Message& message, const FieldDescriptor* field, const std::string& path,
                                const std::string& value, SourceMap& new_places) {
    std::unique_ptr<Message> over(message.New());
    const ParsedText parsed = parse_text(field->name() + ": " + quoted_if_text(field, value), place_.file, *over, path);
    for (Diagnostic finding : parsed.findings) {
      // A setting is one line, and nobody counts columns in a shell.
      finding.line = place_.line;
      finding.column = place_.column;
      findings_.push_back(finding);
    }
    broken_.insert(parsed.broken.begin(), parsed.broken.end());
    for (const auto& [place_path, unused] : parsed.places) new_places[place_path] = place_;
    if (!parsed.findings.empty()) return nullptr;
    std::vector<const FieldDescriptor*> fields;
    over->GetReflection()->ListFields(*over, &fields);
    if (fields.size() <= 1) return over;  // none: an empty list
    report(path.empty() ? field->name() : path + "." + field->name(), "takes one value", "found " + value);
    return nullptr;
  }

  static std::string quoted_if_text(const FieldDescriptor* field, const std::string& value) {
    const bool is_text = field->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
    const bool is_written = !value.empty() && (value[0] == '"' || value[0] == '\'' || value[0] == '[');
    if (!is_text || is_written) return value;
    std::string quoted = "\"";
    for (const char c : value) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
    return quoted + '"';
  }

  // Entering another alternative of a choice drops the one that was chosen, with its places.
  void forget_other_choice(const Message& message, const FieldDescriptor* field, const std::string& field_path) {
    const google::protobuf::OneofDescriptor* choice = field->containing_oneof();
    if (choice == nullptr) return;
    const FieldDescriptor* chosen = message.GetReflection()->GetOneofFieldDescriptor(message, choice);
    if (chosen == nullptr || chosen == field) return;
    const std::string other = field_path.substr(0, field_path.size() - field->name().size()) + chosen->name();
    erase_places_below(places_, other);
  }

  void report(const std::string& path, std::string message, std::string expectation = {}, std::string nearest = {}) {
    findings_.push_back({place_.file, place_.line, place_.column, path, std::move(message), std::move(expectation),
                         std::move(nearest)});
  }

  const Location place_;
  SourceMap& places_;
  std::vector<Diagnostic>& findings_;
  std::set<std::string>& broken_;
  const Descriptor* root_ = nullptr;
  std::string entered_;  // path of the message that enter() went into
};

}  // namespace

namespace {

struct SplitSetting {
  std::string path, value;
};

// What is wrong with a setting whatever the experiment is goes to `finding`.
std::optional<SplitSetting> split_setting(const std::string& setting, Diagnostic& finding, const std::string& example) {
  const std::size_t equals = setting.find('=');
  const std::string path = trimmed(setting.substr(0, equals));
  if (equals == std::string::npos || path.empty()) {
    finding.message = "is not FIELD=VALUE";
    finding.expectation = "expected for example " + example;
    return std::nullopt;
  }
  if (path == "base") {
    finding.field_path = "base";
    finding.message = "cannot be set: bases are laid before settings apply";
    return std::nullopt;
  }
  return SplitSetting{path, trimmed(setting.substr(equals + 1))};
}

// On copies: a bad setting must not leave half of its path behind.
void apply_split(const SplitSetting& setting, const Location& place, SettingTarget target,
                 std::vector<Diagnostic>& findings, std::set<std::string>& broken) {
  Experiment new_config = target.config;
  SourceMap new_places = target.places;
  const std::size_t findings_before = findings.size();
  Override(place, new_places, findings, broken).apply(new_config, split_path(setting.path), setting.value);
  if (findings.size() > findings_before) return;
  target.config = std::move(new_config);
  target.places = std::move(new_places);
}

}  // namespace

void apply_override(const std::string& setting, Experiment& config, SourceMap& places,
                    std::vector<Diagnostic>& findings, std::set<std::string>& broken) {
  Diagnostic finding{"--set " + setting, 0, 0, "", "", "", ""};
  const auto split = split_setting(setting, finding, "--set train.epochs=2");
  if (!split) return findings.push_back(finding);
  apply_split(*split, {finding.file, 0, 0}, {config, places}, findings, broken);
}

void apply_setting(const PlacedSetting& setting, SettingTarget target, std::vector<Diagnostic>& findings) {
  const Location& place = setting.place;
  Diagnostic finding{place.file, place.line, place.column, "", "", "", ""};
  const auto split = split_setting(setting.text, finding, "\"train.epochs=2\"");
  if (!split) return findings.push_back(finding);
  std::set<std::string> broken;
  apply_split(*split, place, target, findings, broken);
}

const FieldDescriptor* find_setting_field(const PlacedSetting& path, const Experiment& config,
                                          std::vector<Diagnostic>& findings) {
  Experiment copy = config;
  SourceMap places;
  std::set<std::string> broken;
  return Override(path.place, places, findings, broken).find(copy, split_path(trimmed(path.text))).field;
}

}  // namespace thaw
