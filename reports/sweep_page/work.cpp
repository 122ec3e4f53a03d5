#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "reports/number_text.h"
#include "reports/sweep_page/sections.h"

namespace thaw::reports {
namespace {

using nlohmann::json;

struct Work {
  double seconds = 0, predicted = 0, trunk_seconds = 0;
  std::int64_t begun = 0, beside = 0, tried_again = 0, peak_bytes = 0;
  std::int64_t trunks_computed = 0, trunks_found = 0;
};

Work sum_of(const SweepView& view) {
  Work work;
  for (const MemberView& member : view.members) {
    if (std::isfinite(member.info.predicted_s())) work.predicted += member.info.predicted_s();
    if (member.attempts == 0 && member.epochs.empty()) continue;
    ++work.begun;
    if (std::isfinite(member.seconds)) work.seconds += member.seconds;
    if (std::isfinite(member.trunk_seconds)) work.trunk_seconds += member.trunk_seconds;
    if (member.beside > 0) ++work.beside;
    if (member.attempts > 1) ++work.tried_again;
    work.trunks_computed += member.trunk_computed;
    work.trunks_found += member.trunk_found;
    work.peak_bytes = std::max(work.peak_bytes, member.peak_memory_bytes);
  }
  return work;
}

json row(const std::string& name, const std::string& predicted, const std::string& measured) {
  return {{"name", name}, {"predicted", predicted}, {"measured", measured}};
}

std::string seconds_or_dash(double seconds) { return seconds > 0 ? seconds_text(seconds) : "–"; }

std::string bytes_or_dash(std::int64_t bytes) { return bytes > 0 ? bytes_text(bytes) : "–"; }

json time_rows(const SweepView& view, const Work& work) {
  json rows = json::array();
  rows.push_back(
      row("Time, from start to end", seconds_or_dash(view.started.predicted_s()), seconds_or_dash(view.wall_seconds)));
  rows.push_back(row("Time of all runs, added up", seconds_or_dash(work.predicted), seconds_or_dash(work.seconds)));
  rows.push_back(row("Memory of all processes at once", bytes_or_dash(view.started.predicted_memory_bytes()), "–"));
  rows.push_back(row("Memory of the largest run", "–", bytes_or_dash(work.peak_bytes)));
  std::erase_if(rows.get_ref<json::array_t&>(),
                [](const json& each) { return each["predicted"] == "–" && each["measured"] == "–"; });
  return rows;
}

json shared_rows(const SweepView& view, const Work& work) {
  json rows = json::array();
  const auto add = [&rows](const std::string& name, const std::string& value) {
    rows.push_back({{"name", name}, {"value", value}});
  };
  const SweepStarted& started = view.started;
  add("Runs that were begun",
      count_text(work.begun) + " of " + count_text(static_cast<std::int64_t>(view.members.size())));
  if (started.jobs() > 0) {
    add("At once", (started.jobs() == 1 ? "1 process" : count_text(started.jobs()) + " processes") +
                       (started.threads() > 0 ? ", " + counted_text(started.threads(), "thread") + " each" : ""));
  }
  if (work.beside > 0) add("Trained beside others in one process", counted_text(work.beside, "run"));
  if (work.trunks_computed > 0 || work.trunks_found > 0) {
    add("Pictures that went through a frozen trunk", count_text(work.trunks_computed));
    add("Pictures whose features were there already", count_text(work.trunks_found));
  }
  if (work.trunk_seconds > 0) add("Time for frozen trunks", seconds_text(work.trunk_seconds));
  if (work.tried_again > 0) add("Tried more than once", counted_text(work.tried_again, "run"));
  return rows;
}

}  // namespace

json sweep_work_section(const SweepPage& page) {
  const Work work = sum_of(page.view);
  if (work.begun == 0) return {};
  return {{"rows", time_rows(page.view, work)}, {"shared", {{"rows", shared_rows(page.view, work)}}}};
}

}  // namespace thaw::reports
