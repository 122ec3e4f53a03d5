#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "reports/number_text.h"
#include "reports/sweep_page/sections.h"

namespace thaw::reports {
namespace {

using nlohmann::json;

struct Work {
  double seconds = 0, trunk_seconds = 0, cost_seconds = 0;
  std::int64_t begun = 0, beside = 0, tried_again = 0, peak_bytes = 0;
};

Work sum_of(const SweepView& view) {
  Work work;
  for (const MemberView& member : view.members) {
    if (member.attempts == 0 && member.epochs.empty()) continue;
    ++work.begun;
    if (std::isfinite(member.seconds)) work.seconds += member.seconds;
    if (std::isfinite(member.cost_seconds)) work.cost_seconds += member.cost_seconds;
    if (std::isfinite(member.trunk_seconds)) work.trunk_seconds += member.trunk_seconds;
    if (member.beside > 0) ++work.beside;
    if (member.attempts > 1) ++work.tried_again;
    work.peak_bytes = std::max(work.peak_bytes, member.peak_memory_bytes);
  }
  return work;
}

double predicted_seconds(const SweepView& view) {
  double sum = 0;
  for (const MemberInfo& member : view.started.member()) sum += member.predicted_s();
  return sum;
}

void add(json& rows, const std::string& name, const std::string& value) {
  rows.push_back({{"name", name}, {"value", value}});
}

json time_rows(const SweepView& view, const Work& work) {
  json rows = json::array();
  if (view.wall_seconds > 0) add(rows, "From start to end", seconds_text(view.wall_seconds));
  if (view.started.has_predicted_s())
    add(rows, "Predicted, of what was not done yet", seconds_text(view.started.predicted_s()));
  if (work.seconds > 0) add(rows, "Runs, added up", seconds_text(work.seconds));
  const double predicted = predicted_seconds(view);
  if (predicted > 0) add(rows, "Predicted, each by itself", seconds_text(predicted));
  if (work.peak_bytes > 0) add(rows, "Memory of the largest process", bytes_text(work.peak_bytes));
  if (view.started.predicted_memory_bytes() > 0) {
    add(rows, "Predicted, of " + count_text(view.started.jobs()) + " at once",
        bytes_text(view.started.predicted_memory_bytes()));
  }
  return rows;
}

json shared_rows(const SweepView& view, const Work& work) {
  json rows = json::array();
  add(rows, "Runs that were begun",
      count_text(work.begun) + " of " + count_text(static_cast<std::int64_t>(view.members.size())));
  if (view.started.jobs() > 0) {
    add(rows, "Processes at once",
        count_text(view.started.jobs()) + " of " + count_text(view.started.threads()) +
            (view.started.threads() == 1 ? " thread" : " threads"));
  }
  if (work.beside > 0) add(rows, "Runs that trained beside others in one process", count_text(work.beside));
  if (work.trunk_seconds > 0) add(rows, "Frozen trunks, computed once for all", seconds_text(work.trunk_seconds));
  if (work.tried_again > 0) add(rows, "Runs that were tried again", count_text(work.tried_again));
  return rows;
}

}  // namespace

json sweep_work_section(const SweepPage& page) {
  const Work work = sum_of(page.view);
  if (work.begun == 0) return {};
  return {{"time", {{"rows", time_rows(page.view, work)}}}, {"shared", {{"rows", shared_rows(page.view, work)}}}};
}

}  // namespace thaw::reports
