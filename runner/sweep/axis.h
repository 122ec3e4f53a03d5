#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runner/config/overrides.h"
#include "schemas/findings.h"
#include "schemas/sweep_record.pb.h"

namespace thaw {

/// What tables and charts call the axes: by their names; of those without one by the last part of the field
/// ("learning_rate"), or by all of it where another axis is called the same.
std::vector<std::string> axis_names(const Sweep& sweep);

/// An axis of a sweep that was found to be right: what it can be set to, and how a setting changes the file.
class SweepAxis {
 public:
  /// `path`: where it stands in the file, "sweep.axis[0]". `field`: what takes its numbers; null: it has choices.
  SweepAxis(const Axis& axis, std::string path, const google::protobuf::FieldDescriptor* field);

  const AxisInfo& info() const { return info_; }
  /// What it is called, beside the others.
  void set_name(const std::string& name) { info_.set_name(name); }
  const std::string& path() const { return path_; }
  /// How many settings there are, at most `limit`: of numbers between two limits, `limit`.
  std::int64_t count(std::int64_t limit) const;
  /// Whether a grid knows its settings: it does not of a range without `points`.
  bool has_grid() const { return range_ == Range::kNone || points_ > 0; }
  /// How many settings a grid has, and each of them.
  std::int64_t grid_size() const;
  Setting grid_setting(std::int64_t index) const;
  /// The limits of a range.
  Setting low() const { return number_setting(min_); }
  Setting high() const { return number_setting(max_); }
  /// The setting at a place between 0 and 1: each choice and value has an equal part, ranges are even (or even in the
  /// logarithm). A number between two limits is a short one, within the same of `cells` equal parts as the place.
  Setting setting_at(double place, std::int64_t cells) const;

  /// Lays a setting onto the experiment.
  void apply(const Setting& setting, SettingTarget target, std::vector<Diagnostic>& findings) const;

 private:
  enum class Range { kNone, kUniform, kLogUniform };

  std::int64_t list_size() const;
  Setting list_setting(std::int64_t index) const;
  Setting number_setting(double number) const;
  double number_at(double place) const;
  double place_of(double number) const;
  double shortened_number(double number, double tolerance, std::int64_t cells) const;
  int choice_index(const Setting& setting) const;

  const Axis& axis_;
  std::string path_;
  AxisInfo info_;
  Range range_ = Range::kNone;
  double min_ = 0, max_ = 0;
  std::int64_t points_ = 0;
};

/// All axes of a sweep, checked by themselves and against each other. Findings: anything that keeps them from being
/// laid onto the file.
std::vector<SweepAxis> check_axes(const Experiment& file, const SourceMap& places, Findings& findings);

}  // namespace thaw
