#include "runner/sweep/members.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <set>

#include "runner/config/resolve.h"
#include "runner/sweep/member_findings.h"
#include "runner/sweep/overruled.h"
#include "runner/sweep/search.h"
#include "runner/train/run_facts.h"
#include "schemas/rule_words.h"
#include "schemas/targets.h"
#include "schemas/validate.h"

namespace thaw {
namespace {

std::string quoted(const std::string& text) { return '"' + text + '"'; }

void lay_settings(const SweepMembers& sweep, const std::vector<Setting>& settings, SettingTarget target,
                  std::vector<Diagnostic>& problems) {
  for (std::size_t i = 0; i < settings.size(); ++i) (*sweep.plans)[i].apply(settings[i], target, problems);
  target.config.clear_sweep();
}

/// The axis that is compared; finds fault with one that cannot be.
std::string find_compared(const Sweep& sweep, Findings& findings) {
  const std::vector<std::string> all = axis_names(sweep);
  std::vector<std::string> with_choices;
  for (int i = 0; i < sweep.axis_size(); ++i) {
    if (sweep.axis(i).choice_size() > 0) with_choices.push_back(all[static_cast<std::size_t>(i)]);
  }
  const std::string& wanted = sweep.compare();
  if (!sweep.has_compare()) return with_choices.empty() ? "" : with_choices.front();
  if (std::find(with_choices.begin(), with_choices.end(), wanted) != with_choices.end()) return wanted;
  const bool is_there = std::find(all.begin(), all.end(), wanted) != all.end();
  findings.add("sweep.compare",
               is_there ? "axis " + quoted(wanted) + " has numbers: there are no choices to compare"
                        : "unknown axis " + quoted(wanted),
               with_choices.empty() ? "the sweep has no axis with choices" : "expected " + one_of_words(with_choices),
               is_there ? "" : wanted, with_choices);
  return wanted;
}

/// Whether two settings of an axis ever make two experiments.
bool changes_anything(const SweepMembers& sweep, std::size_t axis) {
  constexpr std::int64_t kMostTried = 64;
  const SweepAxis& plan = (*sweep.plans)[axis];
  const std::int64_t count = plan.count(kMostTried);
  if (count < 2) return true;
  for (const auto* around : {&sweep.points.front(), &sweep.points.back()}) {
    std::set<std::string> texts;
    for (std::int64_t i = 0; i < count; ++i) {
      std::vector<Setting> settings = *around;
      settings[axis] = plan.setting_at((static_cast<double>(i) + 0.5) / static_cast<double>(count), 0);
      Experiment config = sweep.sweep->config;
      SourceMap places = sweep.sweep->places;
      std::vector<Diagnostic> problems;
      lay_settings(sweep, settings, {config, places}, problems);
      // What cannot be laid on is told of with the members.
      if (!problems.empty() || (texts.insert(resolve(config)), texts.size() > 1)) return true;
    }
  }
  return false;
}

void check_changes(const SweepMembers& sweep, Findings& findings) {
  for (std::size_t i = 0; i < sweep.axes.size(); ++i) {
    if (changes_anything(sweep, i)) continue;
    const SweepAxis& plan = (*sweep.plans)[i];
    findings.add(
        plan.path(),
        "axis " + quoted(sweep.axes[i].name()) + " changes nothing: whatever it is set to, the experiment is the same",
        i + 1 < sweep.axes.size() ? "expected settings that differ, in fields that no later axis sets"
                                  : "expected settings that differ");
  }
}

/// Rungs count epochs, so that these must be the same in all members.
void check_same_epochs(const SweepMembers& sweep, Findings& findings) {
  const Experiment& file = sweep.sweep->config;
  for (std::size_t i = 0; i < sweep.points.size(); ++i) {
    LoadedExperiment member = *sweep.sweep;
    std::vector<Diagnostic> problems;
    lay_settings(sweep, sweep.points[i], {member.config, member.places}, problems);
    if (!problems.empty() || member.config.train().epochs() == file.train().epochs()) continue;
    Findings there = member.findings();
    there.add("train.epochs",
              "cannot be varied in successive halving, which judges members after the same epochs: it is " +
                  std::to_string(member.config.train().epochs()) + " with " + sweep.words(static_cast<int>(i)) +
                  ", and " + std::to_string(file.train().epochs()) + " in the file",
              "expected the same train.epochs in all members");
    return findings.add(there.sorted().front());
  }
}

void check_halving(const SweepMembers& sweep, Findings& findings) {
  const Experiment& file = sweep.sweep->config;
  const SuccessiveHalving& halving = file.sweep().search().successive_halving();
  const std::string path = "sweep.search.successive_halving";
  const int points = static_cast<int>(sweep.points.size());
  if (points < halving.reduction()) {
    findings.add(path + (halving.has_members() ? ".members" : ""),
                 "begins with " + grouped(points) + (points == 1 ? " combination" : " combinations") + ", and one in " +
                     std::to_string(halving.reduction()) + " goes on: there is nothing to decide",
                 "expected at least " + std::to_string(halving.reduction()) + " combinations, or a smaller reduction");
  }
  check_same_epochs(sweep, findings);
  const int epochs = file.train().epochs();
  if (halving.min_epochs() < epochs) return;
  findings.add(path + (halving.has_min_epochs() ? ".min_epochs" : ""),
               "cannot be " + std::to_string(halving.min_epochs()) + ": training ends after " + std::to_string(epochs) +
                   (epochs == 1 ? " epoch" : " epochs") + ", so nothing would be decided before it",
               "expected less than train.epochs");
}

void add_members(SweepMembers& sweep, Findings& findings) {
  const Experiment& file = sweep.sweep->config;
  sweep.repeats = file.sweep().repeats();
  const std::uint64_t room = std::numeric_limits<std::uint64_t>::max() - file.seed();
  if (static_cast<std::uint64_t>(sweep.repeats - 1) > room) {
    findings.add("seed",
                 "leaves no seeds for " + std::to_string(sweep.repeats) + " repeats: they are counted up from it",
                 "expected a smaller seed");
    return;
  }
  for (std::size_t point = 0; point < sweep.points.size(); ++point) {
    for (int repeat = 0; repeat < sweep.repeats; ++repeat) {
      sweep.members.push_back({static_cast<int>(point), file.seed() + static_cast<std::uint64_t>(repeat)});
    }
  }
}

/// Whether a member measures what combinations are compared by.
void check_metric(const SweepMembers& sweep, const Experiment& config, Findings& findings) {
  const bool is_given = sweep.sweep->config.sweep().has_metric();
  const std::string& wanted = sweep.metric;
  if (!is_given && config.train().best().metric() == wanted) return;  // checked with train.best
  const std::string path = is_given ? "sweep.metric" : "sweep";
  for (const Metric& metric : config.metric()) {
    if (!is_for_validation_alone(metric) || has_validation(config.data())) continue;
    if (names_of_metric(metric).front() != wanted) continue;
    return findings.add(path, quoted(wanted) + " is measured on validation samples alone, and there are none",
                        "expected data.validation, or a metric that is measured in training too");
  }
  const std::vector<std::string> names = monitor_names(config);
  if (std::find(names.begin(), names.end(), wanted) != names.end()) return;
  findings.add(
      path,
      (is_given ? "unknown metric " : "compares members by that of the file's train.best, but some do not measure ") +
          quoted(wanted),
      "expected " + std::string(is_given ? "" : "metric: one of ") + one_of_words(names), wanted, names);
}

}  // namespace

std::string setting_words(const AxisInfo& axis, const Setting& setting) {
  return axis.name() + " " + (setting.has_number() ? setting.text() : quoted(setting.text()));
}

LoadedExperiment SweepMembers::experiment(const SweepMember& member) const {
  LoadedExperiment loaded = *sweep;
  std::vector<Diagnostic> problems;
  lay_settings(*this, points[static_cast<std::size_t>(member.point)], {loaded.config, loaded.places}, problems);
  if (!problems.empty()) throw InputError(std::move(problems));
  loaded.config.set_seed(member.seed);
  loaded.resolved_text = resolve(loaded.config);
  return loaded;
}

std::string SweepMembers::words(int point) const {
  std::string text;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    text += (i == 0 ? "" : ", ") + setting_words(axes[i], points[static_cast<std::size_t>(point)][i]);
  }
  return text.empty() ? "the file as it is" : text;
}

std::optional<std::size_t> SweepMembers::find(int point, std::uint64_t seed) const {
  if (point < 0 || point >= static_cast<int>(points.size())) return std::nullopt;
  const std::size_t first = static_cast<std::size_t>(point) * static_cast<std::size_t>(repeats);
  for (std::size_t i = first; i < first + static_cast<std::size_t>(repeats); ++i) {
    if (members[i].seed == seed) return i;
  }
  return std::nullopt;
}

SweepMembers expand_sweep(const LoadedExperiment& loaded) {
  SweepMembers expanded;
  expanded.sweep = std::make_shared<LoadedExperiment>(loaded);
  const Experiment& file = expanded.sweep->config;
  const Sweep& sweep = file.sweep();
  Findings findings = loaded.findings();
  expanded.plans = std::make_shared<std::vector<SweepAxis>>(check_axes(file, loaded.places, findings));
  for (const SweepAxis& axis : *expanded.plans) expanded.axes.push_back(axis.info());
  const Exclusions exclusions(sweep, *expanded.plans, findings);
  expanded.compare = find_compared(sweep, findings);
  expanded.metric = sweep.has_metric()                 ? sweep.metric()
                    : file.train().best().has_metric() ? file.train().best().metric()
                                                       : "loss";
  findings.throw_if_any();
  SearchPoints found = find_points(sweep, *expanded.plans, exclusions, findings);
  findings.throw_if_any();
  expanded.points = std::move(found.points);
  for (int i = 0; i < exclusions.size(); ++i) {
    const std::int64_t count = found.left_out.empty() ? 0 : found.left_out[static_cast<std::size_t>(i)];
    expanded.excluded.push_back(
        exclusions.words(i) +
        (count == 0 ? "" : ": " + grouped(count) + (count == 1 ? " combination" : " combinations")));
  }
  add_members(expanded, findings);
  check_changes(expanded, findings);
  if (sweep.search().has_successive_halving()) check_halving(expanded, findings);
  findings.throw_if_any();
  if (sweep.search().has_successive_halving()) {
    const Rungs rungs = plan_rungs(sweep.search().successive_halving(), static_cast<int>(expanded.points.size()),
                                   file.train().epochs());
    expanded.rung_epochs = rungs.epochs;
    expanded.rung_points = rungs.points;
  }
  return expanded;
}

std::vector<std::string> check_members(const SweepMembers& sweep) {
  MemberFindings all(sweep), warnings(sweep);
  const auto repeats = static_cast<std::size_t>(sweep.repeats);
  for (std::size_t i = 0; i < sweep.points.size(); ++i) {
    LoadedExperiment loaded = *sweep.sweep;
    std::vector<Diagnostic> problems;
    lay_settings(sweep, sweep.points[i], {loaded.config, loaded.places}, problems);
    all.add(problems, i * repeats, repeats);
    if (!problems.empty()) continue;
    Findings findings = loaded.findings();
    validate(loaded.config, findings);
    const bool is_valid = findings.empty();
    if (is_valid) check_experiment(loaded.config, findings);
    if (is_valid) check_metric(sweep, loaded.config, findings);
    all.add(findings.sorted(), i * repeats, repeats);
  }
  find_overruled(sweep, all, warnings);
  all.throw_if_any();
  return warnings.texts();
}

std::vector<std::string> file_folders(const LoadedExperiment& loaded) {
  std::vector<std::string> folders{loaded.folder};
  for (const auto& [path, place] : loaded.places) {
    if (place.file.empty() || place.file.starts_with("--set ")) continue;
    const std::string parent = std::filesystem::path(place.file).parent_path().string();
    const std::string folder = parent.empty() ? "." : parent;
    if (std::find(folders.begin(), folders.end(), folder) == folders.end()) folders.push_back(folder);
  }
  return folders;
}

}  // namespace thaw
