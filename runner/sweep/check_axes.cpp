#include <google/protobuf/descriptor.h>

#include <cmath>
#include <map>
#include <optional>

#include "runner/sweep/axis.h"
#include "schemas/rule_words.h"

namespace thaw {
namespace {

using google::protobuf::FieldDescriptor;

// What members have of their own, or cannot have: no choice may change it.
const std::map<std::string, std::string>& fixed_fields() {
  static const std::map<std::string, std::string> fields = {
      {"base", "bases are laid before choices are"},
      {"name", "all members are runs of this experiment"},
      {"seed", "it is counted up by sweep.repeats"},
      {"sweep", "a member has no sweep of its own"},
  };
  return fields;
}

std::string quoted(const std::string& text) { return '"' + text + '"'; }

// "model" of "model.layer[hidden].dense.units=64".
std::string first_step(const std::string& setting) {
  const std::size_t begin = setting.find_first_not_of(" \t");
  if (begin == std::string::npos) return {};
  return setting.substr(begin, setting.find_first_of(" \t.[=", begin) - begin);
}

bool is_number(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return true;
    default:
      return false;
  }
}

bool is_real(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE || field.cpp_type() == FieldDescriptor::CPPTYPE_FLOAT;
}

/// One axis by itself.
class AxisCheck {
 public:
  AxisCheck(const Axis& axis, std::string path, const SourceMap& places, Findings& findings)
      : axis_(axis), path_(std::move(path)), places_(places), findings_(findings) {}

  /// `file`: with the first settings of the axes before this one. None after findings.
  std::optional<SweepAxis> run(const Experiment& file) {
    const bool was_fine = has_one_kind() & names_are_fine();
    if (!was_fine) return std::nullopt;
    if (axis_.choice_size() > 0)
      return choices_are_fine() ? std::optional(SweepAxis(axis_, path_, nullptr)) : std::nullopt;
    const FieldDescriptor* field = find_field(file);
    if (field == nullptr || !numbers_are_fine(*field)) return std::nullopt;
    return SweepAxis(axis_, path_, field);
  }

 private:
  bool has_one_kind() {
    std::vector<std::string> kinds;
    if (axis_.choice_size() > 0) kinds.push_back("choice");
    if (axis_.values_size() > 0) kinds.push_back("values");
    if (axis_.has_uniform()) kinds.push_back("uniform");
    if (axis_.has_log_uniform()) kinds.push_back("log_uniform");
    if (axis_.has_int_range()) kinds.push_back("int_range");
    if (kinds.empty()) {
      const std::string numbers = "values, uniform, log_uniform or int_range";
      return fail("", "says nothing of what it varies",
                  axis_.has_field() ? "expected " + numbers : "expected choice, or field with " + numbers);
    }
    if (kinds.size() > 1)
      return fail("." + kinds[1] + (kinds[1] == "values" ? "[0]" : ""), "cannot be given beside " + kinds[0],
                  "expected one of them: an axis is varied in one way");
    if (kinds[0] == "choice" && axis_.has_field()) {
      return fail(".field", "says nothing where choices are given: they say what changes",
                  "expected no field, or numbers instead of choices");
    }
    if (kinds[0] != "choice" && !axis_.has_field()) {
      return fail("", "has numbers, but no field that takes them",
                  "expected for example field: \"train.optimizer.adam.learning_rate\"");
    }
    return true;
  }

  bool names_are_fine() {
    if (axis_.has_name() ? !axis_.name().empty() : axis_.has_field()) return true;
    return fail(axis_.has_name() ? ".name" : "", axis_.has_name() ? "cannot be \"\"" : "has choices, but no name",
                "expected a name for tables and charts, as name: \"strategy\"");
  }

  bool choices_are_fine() {
    bool is_fine = true;
    std::map<std::string, int> seen;
    for (int i = 0; i < axis_.choice_size(); ++i) {
      const Choice& option = axis_.choice(i);
      const std::string at = ".choice[" + std::to_string(i) + "]";
      const auto [owner, is_new] = seen.insert({option.name(), i});
      if (!is_new) {
        is_fine = fail(at + ".name",
                       quoted(option.name()) + " is already the name of choice[" + std::to_string(owner->second) + "]",
                       "expected a name of its own");
      }
      std::vector<const FieldDescriptor*> fields;
      option.set().GetReflection()->ListFields(option.set(), &fields);
      for (const FieldDescriptor* field : fields) is_fine &= may_be_set(at + ".set." + field->name(), field->name());
      for (int k = 0; k < option.override_size(); ++k) {
        is_fine &= may_be_set(at + ".override[" + std::to_string(k) + "]", first_step(option.override(k)));
      }
    }
    return is_fine;
  }

  bool may_be_set(const std::string& at, const std::string& field) {
    const auto fixed = fixed_fields().find(field);
    if (fixed == fixed_fields().end()) return true;
    return fail(at, field + " cannot be varied: " + fixed->second, "");
  }

  const FieldDescriptor* find_field(const Experiment& file) {
    if (!may_be_set(".field", first_step(axis_.field()))) return nullptr;
    const auto place = places_.find(path_ + ".field");
    std::vector<Diagnostic> problems;
    const FieldDescriptor* field =
        find_setting_field({axis_.field(), place == places_.end() ? Location{} : place->second}, file, problems);
    for (Diagnostic& problem : problems) findings_.add(std::move(problem));
    if (field == nullptr) return nullptr;
    const bool is_list = field->is_repeated() && !axis_.field().ends_with("]");
    if (is_number(*field) && !is_list) return field;
    const bool is_text = field->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
    fail(".field",
         axis_.field() + (is_list && is_number(*field) ? " is a list" : " is not a number, but " + value_words(*field)),
         "expected choices, as choice { name: \"...\" override: \"" + axis_.field() + "=" +
             (is_text ? "TEXT" : "VALUE") + "\" }");
    return nullptr;
  }

  bool numbers_are_fine(const FieldDescriptor& field) {
    const bool wants_whole = !is_real(field);
    bool is_fine = true;
    std::map<double, int> seen;
    for (int i = 0; i < axis_.values_size(); ++i) {
      const double value = axis_.values(i);
      const std::string at = ".values[" + std::to_string(i) + "]";
      const auto [owner, is_new] = seen.insert({value, i});
      if (!is_new)
        is_fine = fail(at, number_words(value) + " is there already, as values[" + std::to_string(owner->second) + "]",
                       "expected each number once");
      is_fine &= !wants_whole || is_whole(at, value);
    }
    if (axis_.has_uniform()) is_fine &= range_is_fine(axis_.uniform(), ".uniform", wants_whole);
    if (axis_.has_log_uniform()) is_fine &= range_is_fine(axis_.log_uniform(), ".log_uniform", wants_whole);
    if (axis_.has_int_range() && axis_.int_range().min() > axis_.int_range().max()) {
      const IntRange& range = axis_.int_range();
      is_fine = fail(".int_range.min",
                     "min " + std::to_string(range.min()) + " is more than max " + std::to_string(range.max()),
                     "expected min <= max");
    }
    return is_fine;
  }

  bool is_whole(const std::string& at, double value) {
    constexpr double kLargest = 9007199254740992.0;  // 2^53: the last one up to which all whole numbers are exact
    if (value == std::floor(value) && std::abs(value) <= kLargest) return true;
    return fail(at, "cannot be " + number_words(value) + ": " + axis_.field() + " takes whole numbers", "");
  }

  template <typename Range>
  bool range_is_fine(const Range& range, const std::string& at, bool wants_whole) {
    if (range.min() >= range.max()) {
      return fail(at + ".min",
                  "min " + number_words(range.min()) + " is not less than max " + number_words(range.max()),
                  "expected min < max");
    }
    if (!wants_whole) return true;
    if (!(is_whole(at + ".min", range.min()) & is_whole(at + ".max", range.max()))) return false;
    if (!range.has_points()) return true;
    const SweepAxis axis(axis_, path_, field_of_whole());
    for (int i = 1; i < range.points(); ++i) {
      if (axis.grid_setting(i).number() != axis.grid_setting(i - 1).number()) continue;
      return fail(at + ".points",
                  "cannot be " + std::to_string(range.points()) + ": " + axis_.field() +
                      " takes whole numbers, and some would come twice",
                  "expected fewer points, or values: [...]");
    }
    return true;
  }

  static const FieldDescriptor* field_of_whole() { return Train::descriptor()->FindFieldByName("epochs"); }

  /// False, so that it can be returned.
  bool fail(const std::string& below, std::string message, std::string expectation) {
    findings_.add(path_ + below, std::move(message), std::move(expectation));
    return false;
  }

  const Axis& axis_;
  const std::string path_;
  const SourceMap& places_;
  Findings& findings_;
};

}  // namespace

std::vector<SweepAxis> check_axes(const Experiment& file, const SourceMap& places, Findings& findings) {
  std::vector<SweepAxis> axes;
  const std::vector<std::string> all_names = axis_names(file.sweep());
  std::map<std::string, int> names;
  Experiment changed = file;
  SourceMap changed_places = places;
  for (int i = 0; i < file.sweep().axis_size(); ++i) {
    const std::string path = "sweep.axis[" + std::to_string(i) + "]";
    const Axis& axis = file.sweep().axis(i);
    const std::string& name = all_names[static_cast<std::size_t>(i)];
    const auto [owner, is_new] = names.insert({name, i});
    if (!is_new && !name.empty()) {
      findings.add(path + (axis.has_name() ? ".name" : ".field"),
                   quoted(name) + " is already the name of axis[" + std::to_string(owner->second) + "]",
                   "expected a name of its own");
    }
    const auto checked = AxisCheck(axis, path, places, findings).run(changed);
    if (!checked) continue;
    axes.push_back(*checked);
    axes.back().set_name(name);
    // A later axis may vary what an earlier one brings. What does not fit is said of the members.
    std::vector<Diagnostic> ignored;
    axes.back().apply(axes.back().setting_at(0, 0), {changed, changed_places}, ignored);
  }
  return axes;
}

}  // namespace thaw
