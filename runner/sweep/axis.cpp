#include "runner/sweep/axis.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "runner/config/merge.h"
#include "schemas/rule_words.h"

namespace thaw {
namespace {

using google::protobuf::FieldDescriptor;

// How far a number may be moved to make it shorter, as a share of the axis: no chart shows less.
constexpr double kMoved = 1e-4;
// A shorter number stays within the same of so many equal parts of its axis: what Sobol's sequence spreads evenly stays
// so.
constexpr std::int64_t kCells = 1 << 12;
// Numbers closer to an edge of their part than this count as within it: an edge itself may be rounded either way.
constexpr double kEdge = 1e-9;

Location place_of_field(const SourceMap& places, const std::string& path) {
  const auto found = places.find(path);
  return found == places.end() ? Location{} : found->second;
}

// The places below `path`, as if what stands there stood at the top.
SourceMap places_below(const SourceMap& places, const std::string& path) {
  SourceMap below;
  const std::string prefix = path + ".";
  for (auto i = places.lower_bound(prefix); i != places.end() && i->first.starts_with(prefix); ++i) {
    below[i->first.substr(prefix.size())] = i->second;
  }
  return below;
}

// The shortest text of a number, in tables easier to read than 1e-04: "0.0001", "3e-8", "1e20".
std::string table_words(double number) {
  const std::string words = number_words(number);
  const std::size_t e = words.find('e');
  if (e == std::string::npos) return words;
  const int exponent = std::stoi(words.substr(e + 1));
  const std::string mantissa = words.substr(0, e);
  if (exponent >= 0 || exponent < -6) return mantissa + "e" + std::to_string(exponent);
  std::string digits = mantissa;
  std::erase(digits, '.');
  const bool is_negative = digits.starts_with("-");
  if (is_negative) digits.erase(0, 1);
  return (is_negative ? "-0." : "0.") + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
}

// "units" of "model.layer[block.1].dense.units".
std::string last_part(const std::string& field) {
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i < field.size(); ++i) {
    depth += field[i] == '[' ? 1 : field[i] == ']' ? -1 : 0;
    if (field[i] == '.' && depth == 0) begin = i + 1;
  }
  return field.substr(begin);
}

}  // namespace

std::vector<std::string> axis_names(const Sweep& sweep) {
  std::vector<std::string> names;
  for (const Axis& axis : sweep.axis()) names.push_back(axis.has_name() ? axis.name() : last_part(axis.field()));
  const std::vector<std::string> wanted = names;
  for (int i = 0; i < sweep.axis_size(); ++i) {
    std::string& name = names[static_cast<std::size_t>(i)];
    const bool is_shared = std::count(wanted.begin(), wanted.end(), name) > 1;
    if (is_shared && !sweep.axis(i).has_name()) name = sweep.axis(i).field();
  }
  return names;
}

SweepAxis::SweepAxis(const Axis& axis, std::string path, const FieldDescriptor* field)
    : axis_(axis), path_(std::move(path)) {
  for (const Choice& option : axis.choice()) info_.add_choice(option.name());
  if (field == nullptr) return;
  info_.set_field(axis.field());
  const bool is_real =
      field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE || field->cpp_type() == FieldDescriptor::CPPTYPE_FLOAT;
  info_.set_is_whole(!is_real || axis.has_int_range());
  info_.set_is_logarithmic(axis.has_log_uniform());
  if (axis.has_uniform()) {
    range_ = Range::kUniform;
    min_ = axis.uniform().min();
    max_ = axis.uniform().max();
    points_ = axis.uniform().points();
  } else if (axis.has_log_uniform()) {
    range_ = Range::kLogUniform;
    min_ = axis.log_uniform().min();
    max_ = axis.log_uniform().max();
    points_ = axis.log_uniform().points();
  }
}

std::int64_t SweepAxis::list_size() const {
  if (axis_.choice_size() > 0) return axis_.choice_size();
  if (axis_.values_size() > 0) return axis_.values_size();
  const IntRange& range = axis_.int_range();
  // Unsigned: the two limits may lie further apart than a signed number reaches.
  const std::uint64_t steps = (static_cast<std::uint64_t>(range.max()) - static_cast<std::uint64_t>(range.min())) /
                              static_cast<std::uint64_t>(range.step());
  return static_cast<std::int64_t>(std::min<std::uint64_t>(steps, std::uint64_t{1} << 62) + 1);
}

std::int64_t SweepAxis::count(std::int64_t limit) const {
  if (range_ == Range::kNone) return std::min(limit, list_size());
  return info_.is_whole() ? static_cast<std::int64_t>(std::min<double>(static_cast<double>(limit), max_ - min_ + 1))
                          : limit;
}

Setting SweepAxis::list_setting(std::int64_t index) const {
  Setting setting;
  if (axis_.choice_size() > 0) {
    setting.set_text(axis_.choice(static_cast<int>(index)).name());
    return setting;
  }
  if (axis_.values_size() > 0) return number_setting(axis_.values(static_cast<int>(index)));
  const std::int64_t number = static_cast<std::int64_t>(static_cast<std::uint64_t>(axis_.int_range().min()) +
                                                        static_cast<std::uint64_t>(index) *
                                                            static_cast<std::uint64_t>(axis_.int_range().step()));
  setting.set_text(std::to_string(number));
  setting.set_number(static_cast<double>(number));
  return setting;
}

Setting SweepAxis::number_setting(double number) const {
  Setting setting;
  setting.set_text(info_.is_whole() ? std::to_string(static_cast<std::int64_t>(number)) : table_words(number));
  setting.set_number(number);
  return setting;
}

double SweepAxis::number_at(double place) const {
  const double low = info_.is_whole() ? min_ - 0.5 : min_;
  const double high = info_.is_whole() ? max_ + 0.5 : max_;
  const double number =
      range_ == Range::kLogUniform ? low * std::exp(place * std::log(high / low)) : low + place * (high - low);
  return std::clamp(info_.is_whole() ? std::round(number) : number, min_, max_);
}

double SweepAxis::place_of(double number) const {
  return range_ == Range::kLogUniform ? std::log(number / min_) / std::log(max_ / min_)
                                      : (number - min_) / (max_ - min_);
}

double SweepAxis::shortened_number(double number, double tolerance, std::int64_t cells) const {
  if (info_.is_whole()) return number;
  const double place = place_of(number);
  const auto is_same_cell = [&](double other, std::int64_t count) {
    const double cell = std::floor(place * static_cast<double>(count) + kEdge);
    const double moved = other * static_cast<double>(count);
    return moved > cell - kEdge && moved < cell + 1 - kEdge;
  };
  for (int digits = 1; digits < 17; ++digits) {
    char text[40];
    std::snprintf(text, sizeof text, "%.*g", digits, number);
    const double shorter = std::strtod(text, nullptr);
    if (shorter < min_ || shorter > max_) continue;
    const double other = place_of(shorter);
    if (std::abs(other - place) > tolerance) continue;
    if (is_same_cell(other, kCells) && (cells <= 0 || is_same_cell(other, cells))) return shorter;
  }
  return number;
}

std::int64_t SweepAxis::grid_size() const { return range_ == Range::kNone ? list_size() : points_; }

Setting SweepAxis::grid_setting(std::int64_t index) const {
  if (range_ == Range::kNone) return list_setting(index);
  if (index == 0) return number_setting(min_);
  if (index == points_ - 1) return number_setting(max_);
  const double place = static_cast<double>(index) / static_cast<double>(points_ - 1);
  double number =
      range_ == Range::kLogUniform ? min_ * std::exp(place * std::log(max_ / min_)) : min_ + place * (max_ - min_);
  if (info_.is_whole()) return number_setting(std::round(number));
  const double tolerance = 2 * kMoved / static_cast<double>(points_ - 1);
  for (int digits = 1; digits < 17; ++digits) {
    char text[40];
    std::snprintf(text, sizeof text, "%.*g", digits, number);
    const double shorter = std::strtod(text, nullptr);
    if (shorter <= min_ || shorter >= max_ || std::abs(place_of(shorter) - place) > tolerance) continue;
    number = shorter;
    break;
  }
  return number_setting(number);
}

Setting SweepAxis::setting_at(double place, std::int64_t cells) const {
  if (range_ == Range::kNone) {
    const auto size = static_cast<double>(list_size());
    return list_setting(static_cast<std::int64_t>(std::min(std::floor(place * size), size - 1)));
  }
  return number_setting(shortened_number(number_at(place), kMoved, cells));
}

int SweepAxis::choice_index(const Setting& setting) const {
  for (int i = 0; i < axis_.choice_size(); ++i) {
    if (axis_.choice(i).name() == setting.text()) return i;
  }
  throw InternalError("axis \"" + info_.name() + "\" has no choice \"" + setting.text() + "\"");
}

void SweepAxis::apply(const Setting& setting, SettingTarget target, std::vector<Diagnostic>& findings) const {
  // Looked up first: what is laid onto the file may move the places of the sweep itself, never those of its axes.
  if (axis_.choice_size() == 0) {
    std::string written = path_ + (axis_.has_uniform()       ? ".uniform"
                                   : axis_.has_log_uniform() ? ".log_uniform"
                                   : axis_.has_int_range()   ? ".int_range"
                                                             : ".values");
    for (int i = 0; i < axis_.values_size(); ++i) {
      if (axis_.values(i) == setting.number()) written = path_ + ".values[" + std::to_string(i) + "]";
    }
    std::vector<Diagnostic> problems;
    apply_setting({axis_.field() + "=" + setting.text(), place_of_field(target.places, written)}, target, problems);
    // A number can always be read: what is wrong is the path, the same for all numbers.
    const Location field = place_of_field(target.places, path_ + ".field");
    for (Diagnostic& problem : problems) {
      problem.file = field.file;
      problem.line = field.line;
      problem.column = field.column;
      findings.push_back(std::move(problem));
    }
    return;
  }
  const int index = choice_index(setting);
  const Choice& option = axis_.choice(index);
  const std::string path = path_ + ".choice[" + std::to_string(index) + "]";
  merge_onto(target.config, target.places, option.set(), places_below(target.places, path + ".set"));
  for (int i = 0; i < option.override_size(); ++i) {
    const std::string at = path + ".override[" + std::to_string(i) + "]";
    apply_setting({option.override(i), place_of_field(target.places, at)}, target, findings);
  }
}

}  // namespace thaw
