#include <nlohmann/json.hpp>

#include "reports/number_text.h"
#include "reports/sweep_page/sections.h"

namespace thaw::reports {

using nlohmann::json;

json sweep_recommended_section(const SweepPage& page) {
  if (!page.answer.recommendation) return {};
  const Recommendation& found = *page.answer.recommendation;
  if (found.point >= page.view.points.size() || found.member >= page.view.members.size()) return {};
  const MemberView& member = page.view.members[found.member];
  return {{"label", page.view.points[found.point].label},
          {"reason", found.reason},
          {"value", page.estimate_text(page.answer.points[found.point].value)},
          {"metric", page.metric()},
          {"file", page.link_to_file("recommended.pbtxt")},
          {"id", member.info.id()},
          {"config", member.config},
          {"report", page.link(member.report)}};
}

json sweep_again_section(const SweepPage& page) {
  const SweepStarted& started = page.view.started;
  json methods = json::array(), excluded = json::array(), unreadable = json::array();
  for (const std::string& note : method_notes(page.view)) methods.push_back(note);
  for (const std::string& text : started.excluded()) excluded.push_back(text);
  for (const std::string& text : page.view.unreadable) unreadable.push_back(text);
  json rows = json::array();
  const auto add = [&rows](const std::string& name, const std::string& value) {
    if (!value.empty()) rows.push_back({{"name", name}, {"value", value}});
  };
  add("Sweep", started.id());
  add("thaw", started.version());
  add("Machine", started.host());
  return {{"command", started.command()},
          {"config", started.config()},
          {"facts", {{"rows", rows}}},
          {"has_methods", !methods.empty()},
          {"methods", methods},
          {"has_excluded", !excluded.empty()},
          {"excluded", excluded},
          {"excluded_count", count_text(started.excluded_size())},
          {"has_unreadable", !unreadable.empty()},
          {"unreadable", unreadable}};
}

}  // namespace thaw::reports
