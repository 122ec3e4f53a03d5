#include "runner/sweep/overruled.h"

#include <map>
#include <set>

#include "runner/sweep/axis.h"

namespace thaw {
namespace {

using SetFields = std::map<std::string, std::set<std::string>>;

/// What each setting of the command line sets, without the messages on the way to it, by the setting: "--set a.b=1".
SetFields set_fields(const SourceMap& places) {
  SetFields fields;
  for (const auto& [path, place] : places) {
    const bool is_swept = path != "sweep" && !path.starts_with("sweep.");
    if (is_swept && place.file.starts_with("--set ")) fields[place.file].insert(path);
  }
  for (auto& [setting, paths] : fields) {
    const std::set<std::string> all = paths;
    std::erase_if(paths, [&all](const std::string& path) {
      const auto below = [&](char next) {
        const auto found = all.lower_bound(path + next);
        return found != all.end() && found->starts_with(path + next);
      };
      return below('.') || below('[');
    });
  }
  return fields;
}

/// The axis that takes the last of the fields from the setting; -1: one is left.
int overruling_axis(const SweepMembers& sweep, std::size_t point, const SetFields::value_type& set) {
  LoadedExperiment member = *sweep.sweep;
  std::vector<Diagnostic> ignored;  // told of with the members
  for (std::size_t axis = 0; axis < sweep.axes.size(); ++axis) {
    (*sweep.plans)[axis].apply(sweep.points[point][axis], {member.config, member.places}, ignored);
    bool is_left = false;
    for (const std::string& path : set.second) {
      const auto found = member.places.find(path);
      is_left = is_left || (found != member.places.end() && found->second.file == set.first);
    }
    if (!is_left) return static_cast<int>(axis);
  }
  return -1;
}

}  // namespace

void find_overruled(const SweepMembers& sweep, MemberFindings& findings, MemberFindings& warnings) {
  const auto repeats = static_cast<std::size_t>(sweep.repeats);
  for (const auto& set : set_fields(sweep.sweep->places)) {
    std::vector<int> by;  // of each point
    bool is_everywhere = true;
    for (std::size_t point = 0; point < sweep.points.size(); ++point) {
      by.push_back(overruling_axis(sweep, point, set));
      is_everywhere = is_everywhere && by.back() >= 0;
    }
    for (std::size_t point = 0; point < by.size(); ++point) {
      if (by[point] < 0) continue;
      const auto axis = static_cast<std::size_t>(by[point]);
      Diagnostic finding;
      finding.file = set.first;
      finding.field_path = *set.second.begin();
      finding.message = "has no effect: axis \"" + sweep.axes[axis].name() + "\" overrules it";
      finding.expectation =
          "expected a change of the axis, " + (*sweep.plans)[axis].path() + ", or of a field that none sets";
      (is_everywhere ? findings : warnings).add({finding}, point * repeats, repeats);
    }
  }
}

}  // namespace thaw
