#include "reports/sweep_view.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include "reports/number_text.h"
#include "reports/sweep_history.h"
#include "reports/sweep_member.h"
#include "schemas/diagnostic.h"

namespace thaw::reports {
namespace {

namespace fs = std::filesystem;

bool is_over(MemberState state) {
  return state == MemberState::kDone || state == MemberState::kDiverged || state == MemberState::kFailed ||
         state == MemberState::kLeftBehind;
}

std::string axis_name(const AxisInfo& axis) {
  const std::string& name = axis.name();
  return !axis.field().empty() && name == axis.field() ? name.substr(name.rfind('.') + 1) : name;
}

std::string label_of(const SweepView& view, std::size_t point) {
  std::string label;
  const auto add = [&label](const std::string& text) { label += (label.empty() ? "" : ", ") + text; };
  if (view.compared >= 0) add(view.setting_text(point, view.compared));
  for (int axis = 0; axis < view.started.axis_size(); ++axis) {
    if (axis != view.compared) add(axis_name(view.started.axis(axis)) + " " + view.setting_text(point, axis));
  }
  return label.empty() ? view.started.name() : label;
}

int compared_axis(const SweepStarted& started) {
  for (int axis = 0; axis < started.axis_size(); ++axis) {
    const AxisInfo& info = started.axis(axis);
    if (!started.compare().empty() && info.name() == started.compare() && info.choice_size() > 1) return axis;
  }
  return -1;
}

// Members in points by their number, points in order. Numbers that are no numbers of points must not make millions.
void add_points(SweepView& view) {
  std::map<int, std::vector<std::size_t>> by_point;
  for (std::size_t i = 0; i < view.members.size(); ++i) by_point[view.members[i].info.point()].push_back(i);
  for (auto& [number, members] : by_point) {
    std::stable_sort(members.begin(), members.end(), [&view](std::size_t a, std::size_t b) {
      return view.members[a].info.seed() < view.members[b].info.seed();
    });
    const auto& settings = view.members[members.front()].info.setting();
    PointView point{number, {settings.begin(), settings.end()}, members, {}};
    point.settings.resize(view.started.axis_size());
    for (const std::size_t member : members) view.members[member].point = view.points.size();
    view.points.push_back(std::move(point));
  }
  for (std::size_t point = 0; point < view.points.size(); ++point) view.points[point].label = label_of(view, point);
}

void add_rungs(SweepView& view, const SweepHistory& history) {
  const auto& epochs = view.started.rung_epochs();
  for (int rung = 0; rung < epochs.size(); ++rung) {
    RungView& added = view.rungs.emplace_back();
    added.epochs = epochs[rung];
    if (rung < view.started.rung_points_size()) added.points = view.started.rung_points(rung);
    const auto found = history.decisions.find(rung);
    if (found == history.decisions.end()) continue;
    added.is_decided = true;
    added.decision = found->second;
  }
}

void add_metrics(SweepView& view, std::vector<MeasuredMember>& measured) {
  std::set<std::string> names;
  for (const MeasuredMember& member : measured) {
    for (const MetricInfo& info : member.metrics) {
      if (names.insert(info.name()).second) view.metrics.push_back(info);
    }
  }
  for (std::size_t i = 0; i < measured.size(); ++i) {
    for (const MetricInfo& info : view.metrics) {
      const auto found = measured[i].values.find(info.name());
      view.members[i].metrics.push_back(found == measured[i].values.end() ? kUnknown : found->second);
    }
  }
}

// A record knows its metric; a sweep may have been begun before it knew.
void complete_metric(SweepView& view) {
  const auto found = std::find_if(view.metrics.begin(), view.metrics.end(),
                                  [&view](const MetricInfo& info) { return info.name() == view.started.metric(); });
  if (found == view.metrics.end()) return;
  SweepStarted& started = view.started;
  if (started.metric_title().empty()) started.set_metric_title(found->title());
  if (!started.has_metric_is_max()) started.set_metric_is_max(found->more_is_better());
  if (!started.has_metric_is_share()) started.set_metric_is_share(found->is_share());
}

}  // namespace

std::string state_name(MemberState state) {
  switch (state) {
    case MemberState::kDone:
      return "done";
    case MemberState::kDiverged:
      return "diverged";
    case MemberState::kFailed:
      return "failed";
    case MemberState::kLeftBehind:
      return "left behind";
    case MemberState::kPaused:
      return "paused";
    case MemberState::kStopped:
      return "stopped";
    case MemberState::kRunning:
      return "running/killed";
    case MemberState::kNotBegun:
      break;
  }
  return "not begun";
}

std::string setting_text(const Setting& setting) {
  if (!setting.text().empty()) return setting.text();
  return setting.has_number() ? plain_text(setting.number()) : "–";
}

std::size_t SweepView::count(MemberState state) const {
  return std::count_if(members.begin(), members.end(),
                       [state](const MemberView& member) { return member.state == state; });
}

std::optional<std::size_t> SweepView::find_point(int number) const {
  const auto found = std::lower_bound(points.begin(), points.end(), number,
                                      [](const PointView& point, int wanted) { return point.number < wanted; });
  if (found == points.end() || found->number != number) return {};
  return found - points.begin();
}

std::string SweepView::text(double value) const {
  return started.metric_is_share() ? share_text(value) : number_text(value);
}

std::string SweepView::setting_text(std::size_t point, std::size_t axis) const {
  return reports::setting_text(points[point].settings[axis]);
}

std::string SweepView::axis_text(std::size_t axis) const { return axis_name(started.axis(static_cast<int>(axis))); }

SweepView load_sweep(const std::string& folder) {
  SweepView view;
  view.folder = folder;
  SweepHistory history = read_history(folder);
  view.started = std::move(history.started);
  view.unreadable = std::move(history.unreadable);
  view.wall_seconds = history.wall_seconds;
  view.compared = compared_axis(view.started);
  std::vector<MeasuredMember> measured;
  for (const MemberInfo& info : view.started.member()) {
    measured.push_back(measure_member(folder, info, view.started.metric()));
    view.members.push_back(std::move(measured.back().view));
    if (!measured.back().trouble.empty()) view.unreadable.push_back(measured.back().trouble);
  }
  add_metrics(view, measured);
  complete_metric(view);
  share_trunk_cost(measured, view.members);
  add_points(view);
  add_rungs(view, history);
  for (std::size_t i = 0; i < view.members.size(); ++i) {
    decide_state(history, measured[i], view.rungs, view.members[i]);
  }
  view.is_finished = std::all_of(view.members.begin(), view.members.end(),
                                 [](const MemberView& member) { return is_over(member.state); });
  return view;
}

}  // namespace thaw::reports
