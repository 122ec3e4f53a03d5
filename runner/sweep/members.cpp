#include "runner/sweep/members.h"

#include <algorithm>
#include <filesystem>

#include "runner/config/resolve.h"
#include "runner/sweep/axis.h"

namespace thaw {

LoadedExperiment SweepMembers::experiment(const SweepMember& member) const {
  LoadedExperiment loaded = *sweep;
  std::vector<Diagnostic> problems;
  const std::vector<Setting>& settings = points[static_cast<std::size_t>(member.point)];
  for (std::size_t i = 0; i < settings.size(); ++i) {
    (*plans)[i].apply(settings[i], {loaded.config, loaded.places}, problems);
  }
  if (!problems.empty()) throw InputError(std::move(problems));
  loaded.config.clear_sweep();
  loaded.config.set_seed(member.seed);
  loaded.resolved_text = resolve(loaded.config);
  return loaded;
}

std::string SweepMembers::words(int point) const {
  std::string text;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const Setting& setting = points[static_cast<std::size_t>(point)][i];
    text += (i == 0 ? "" : ", ") + axes[i].name() + " ";
    text += setting.has_number() ? setting.text() : '"' + setting.text() + '"';
  }
  return text.empty() ? "the file as it is" : text;
}

std::optional<std::size_t> SweepMembers::find(int point, std::uint64_t seed) const {
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].point == point && members[i].seed == seed) return i;
  }
  return std::nullopt;
}

SweepMembers expand_sweep(const LoadedExperiment& sweep) {
  SweepMembers expanded;
  expanded.sweep = std::make_shared<LoadedExperiment>(sweep);
  const Experiment& file = expanded.sweep->config;
  Findings findings = sweep.findings();
  expanded.plans = std::make_shared<std::vector<SweepAxis>>(check_axes(file, sweep.places, findings));
  findings.throw_if_any();
  std::int64_t count = 1;
  for (const SweepAxis& axis : *expanded.plans) {
    expanded.axes.push_back(axis.info());
    count *= axis.grid_size();
  }
  for (std::int64_t point = 0; point < count; ++point) {
    std::vector<Setting> settings;
    std::int64_t rest = point, block = count;
    for (const SweepAxis& axis : *expanded.plans) {
      block /= axis.grid_size();
      settings.push_back(axis.grid_setting(rest / block));
      rest %= block;
    }
    expanded.points.push_back(std::move(settings));
  }
  expanded.repeats = file.sweep().repeats();
  for (std::size_t point = 0; point < expanded.points.size(); ++point) {
    for (int repeat = 0; repeat < expanded.repeats; ++repeat) {
      expanded.members.push_back({static_cast<int>(point), file.seed() + static_cast<std::uint64_t>(repeat)});
    }
  }
  expanded.metric = file.sweep().has_metric()          ? file.sweep().metric()
                    : file.train().best().has_metric() ? file.train().best().metric()
                                                       : "loss";
  for (const AxisInfo& axis : expanded.axes) {
    if (expanded.compare.empty() && axis.choice_size() > 0) expanded.compare = axis.name();
  }
  if (file.sweep().has_compare()) expanded.compare = file.sweep().compare();
  return expanded;
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
