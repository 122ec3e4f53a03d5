#include "reports/sweep_page/sweep_page.h"

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "reports/html.h"
#include "reports/number_text.h"
#include "reports/pages.h"
#include "reports/sweep_page/sections.h"

namespace thaw::reports {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t kLongVerdict = 260;  // bytes

struct Status {
  std::string text, style;
};

Status status_of(const SweepView& view) {
  if (view.is_finished) return {"done", "done"};
  if (view.count(MemberState::kRunning) > 0) return {"running/killed", "unfinished"};
  if (view.count(MemberState::kStopped) > 0) return {"stopped", "stopped"};
  return {"not finished", "unfinished"};
}

// "78 of 80 members done", "80 members"
std::string members_text(const SweepView& view) {
  const std::size_t all = view.members.size(), done = view.count(MemberState::kDone);
  if (done == all) return counted_text(all, "member");
  return count_text(static_cast<std::int64_t>(done)) + " of " + counted_text(all, "member") + " done";
}

// "4 not begun, 2 stopped"
std::string unfinished_text(const SweepView& view) {
  std::string text;
  for (const MemberState state :
       {MemberState::kRunning, MemberState::kStopped, MemberState::kPaused, MemberState::kNotBegun}) {
    const auto count = static_cast<std::int64_t>(view.count(state));
    if (count > 0) text += (text.empty() ? "" : ", ") + count_text(count) + " " + state_name(state);
  }
  return text;
}

json notice(const char* level, const std::string& title, const std::string& text, const std::string& command = {}) {
  return {{"level", level}, {"title", title}, {"text", text}, {"command", command}};
}

json notice_list(const SweepPage& page) {
  json list = json::array();
  const SweepView& view = page.view;
  if (!view.is_finished) {
    list.push_back(
        notice("warn", "Not finished: " + unfinished_text(view), "The same command goes on:", view.started.command()));
  }
  if (const std::size_t failed = view.count(MemberState::kFailed); failed > 0)
    list.push_back(notice("bad", counted_text(failed, "member") + " failed", "Why, is told below."));
  std::string caveats;
  for (const std::string& caveat : page.answer.caveats) caveats += (caveats.empty() ? "" : "\n") + caveat;
  if (!caveats.empty()) list.push_back(notice("info", "Before you trust these numbers", caveats));
  return list;
}

json link_list(const json& values) {
  const char* const sections[][3] = {{"recommended", "recommended", "Recommended"},
                                     {"ranking", "ranking", "Ranking"},
                                     {"comparisons", "comparisons", "Comparisons"},
                                     {"costs", "costs", "Cost"},
                                     {"curves", "curves", "Curves"},
                                     {"axes", "axes", "What mattered"},
                                     {"rungs", "rungs", "Successive halving"},
                                     {"members_table", "members", "Members"},
                                     {"failures", "failures", "Failures"},
                                     {"configs", "configs", "What differs"},
                                     {"work", "work", "What it took"},
                                     {"again", "again", "Run it again"}};
  json links = json::array();
  for (const auto& [key, id, text] : sections) {
    if (!values[key].is_null()) links.push_back({{"id", id}, {"text", text}});
  }
  return links;
}

json header_values(const SweepPage& page) {
  const SweepStarted& started = page.view.started;
  const Status status = status_of(page.view);
  const json found = notice_list(page);
  return {{"name", started.name()},
          {"description", started.description()},
          {"status", status.text},
          {"status_class", status.style},
          {"members", members_text(page.view)},
          {"short_id", shortened(started.id(), 12)},
          {"version", started.version()},
          {"verdict", page.answer.head},
          {"is_long", page.answer.head.size() > kLongVerdict},
          {"has_notices", !found.empty()},
          {"notices", found}};
}

// "../runs/digits/sweep-1/"; links must hold when all of it is moved.
std::string path_to_sweep(const std::string& sweep_folder, const std::string& page_folder) {
  if (page_folder.empty()) return {};
  std::error_code error;
  const fs::path sweep = fs::weakly_canonical(fs::absolute(sweep_folder, error), error);
  const fs::path path = sweep.lexically_relative(fs::weakly_canonical(fs::absolute(page_folder, error), error));
  return path.empty() || path == "." ? "" : path.generic_string() + "/";
}

}  // namespace

std::string render_sweep_page(const SweepView& view, const SweepAnswer& answer, const std::string& page_folder) {
  const SweepPage page{view, answer, path_to_sweep(view.folder, page_folder)};
  json values = header_values(page);
  values["recommended"] = sweep_recommended_section(page);
  values["ranking"] = sweep_ranking_section(page);
  values["comparisons"] = sweep_comparisons_section(page);
  values["costs"] = sweep_costs_section(page);
  values["curves"] = sweep_curves_section(page);
  values["axes"] = sweep_axes_section(page);
  values["rungs"] = sweep_rungs_section(page);
  values["members_table"] = sweep_members_section(page);
  values["failures"] = sweep_failures_section(page);
  values["configs"] = sweep_configs_section(page);
  values["work"] = sweep_work_section(page);
  values["again"] = sweep_again_section(page);
  values["links"] = link_list(values);
  return render_document(view.started.name(), render_template("sweep.html", values), "sweep.js");
}

}  // namespace thaw::reports

namespace thaw {

std::string render_sweep_report(const std::string& sweep_folder, const std::string& page_folder) {
  const reports::SweepView view = reports::load_sweep(sweep_folder);
  return reports::render_sweep_page(view, reports::answer_sweep(view), page_folder);
}

}  // namespace thaw
