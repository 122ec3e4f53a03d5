#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "reports/number_text.h"
#include "reports/sweep_page/sections.h"

namespace thaw::reports {
namespace {

using nlohmann::json;

constexpr std::size_t kMostOpen = 40;  // rows; longer tables are folded
constexpr std::size_t kShortId = 12;

// A number to sort by; empty sorts last.
std::string key(double value) { return std::isfinite(value) ? plain_text(value) : ""; }

// By rank of the combination, then by seed; what has no rank comes last.
std::vector<std::size_t> order_of(const SweepPage& page) {
  std::vector<std::size_t> order(page.view.members.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto rank = [&](std::size_t member) {
    const int found = page.answer.points[page.view.members[member].point].rank;
    return found > 0 ? static_cast<std::size_t>(found) : page.view.points.size() + 1;
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
  return order;
}

// Axes on which members differ; one of a single choice tells nothing.
std::vector<std::size_t> shown_axes(const SweepPage& page) {
  std::vector<std::size_t> axes;
  for (std::size_t axis = 0; axis < static_cast<std::size_t>(page.view.started.axis_size()); ++axis) {
    const auto differs = [&](std::size_t point) {
      return page.view.setting_text(point, axis) != page.view.setting_text(0, axis);
    };
    for (std::size_t point = 0; point < page.view.points.size(); ++point) {
      if (!differs(point)) continue;
      axes.push_back(axis);
      break;
    }
  }
  return axes;
}

std::string state_class(MemberState state) {
  switch (state) {
    case MemberState::kDone:
      return "";
    case MemberState::kDiverged:
    case MemberState::kFailed:
      return "wrong";
    default:
      return "soft";
  }
}

json setting_cells(const SweepPage& page, const std::vector<std::size_t>& axes, std::size_t point) {
  json cells = json::array();
  for (const std::size_t axis : axes) {
    const auto& settings = page.view.points[point].settings;
    const bool has_number = axis < settings.size() && settings[axis].has_number();
    cells.push_back({{"text", page.view.setting_text(point, axis)},
                     {"key", has_number ? key(settings[axis].number()) : ""},
                     {"class", has_number ? "n" : ""}});
  }
  return cells;
}

json member_row(const SweepPage& page, const std::vector<std::size_t>& axes, const MemberView& member) {
  const int rank = page.answer.points[member.point].rank;
  return {{"rank", rank > 0 ? count_text(rank) : "–"},
          {"rank_key", rank > 0 ? std::to_string(rank) : ""},
          {"settings", setting_cells(page, axes, member.point)},
          {"seed", std::to_string(member.info.seed())},
          {"state", state_name(member.state)},
          {"state_class", state_class(member.state)},
          {"value", page.view.text(member.value)},
          {"is_final", member.is_final},
          {"value_key", key(member.value)},
          {"epoch", member.best_epoch > 0 ? count_text(member.best_epoch) : "–"},
          {"epoch_key", member.best_epoch > 0 ? std::to_string(member.best_epoch) : ""},
          {"time", seconds_text(member.seconds)},
          {"time_key", key(member.seconds)},
          {"id", shortened(member.info.id(), kShortId)},
          {"report", page.link(member.report)}};
}

json axis_columns(const SweepPage& page, const std::vector<std::size_t>& axes) {
  json columns = json::array();
  for (const std::size_t axis : axes) {
    const AxisInfo& info = page.view.started.axis(static_cast<int>(axis));
    columns.push_back({{"text", page.axis_name(axis)}, {"class", info.choice().empty() ? "n" : ""}});
  }
  return columns;
}

std::string seed_text(const SweepPage& page, const MemberView& member) {
  const std::string& label = page.view.points[member.point].label;
  return page.view.points[member.point].members.size() > 1 ? label + ", seed " + std::to_string(member.info.seed())
                                                           : label;
}

}  // namespace

json sweep_members_section(const SweepPage& page) {
  if (page.view.members.empty()) return {};
  const std::vector<std::size_t> axes = shown_axes(page);
  json rows = json::array();
  for (const std::size_t member : order_of(page)) rows.push_back(member_row(page, axes, page.view.members[member]));
  const auto count = static_cast<std::int64_t>(rows.size());
  return {{"metric", page.metric()},
          {"csv", page.link_to_file("members.csv")},
          {"json", page.link_to_file("members.json")},
          {"axes", axis_columns(page, axes)},
          {"count", count_text(count)},
          {"is_open", rows.size() <= kMostOpen},
          {"rows", rows}};
}

json sweep_failures_section(const SweepPage& page) {
  json rows = json::array();
  for (const MemberView& member : page.view.members) {
    if (member.state != MemberState::kFailed && member.state != MemberState::kDiverged) continue;
    const std::string log = "logs/" + member.info.id() + ".txt";
    rows.push_back({{"label", seed_text(page, member)},
                    {"state", state_name(member.state)},
                    {"attempts", count_text(member.attempts)},
                    {"reason", member.reason.empty() ? "no reason is known" : member.reason},
                    {"last", last_log_line(page.view.folder, member.info.id())},
                    {"log", has_log(page.view.folder, member.info.id()) ? page.link(log) : ""},
                    {"id", shortened(member.info.id(), kShortId)},
                    {"report", page.link(member.report)}});
  }
  if (rows.empty()) return {};
  return {{"rows", rows},
          {"count", count_text(static_cast<std::int64_t>(rows.size()))},
          {"is_open", rows.size() <= kMostOpen}};
}

}  // namespace thaw::reports
