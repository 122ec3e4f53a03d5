#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "reports/number_text.h"
#include "reports/plot.h"
#include "reports/sweep_page/sections.h"

namespace thaw::reports {
namespace {

using nlohmann::json;

constexpr std::size_t kMostValues = 8, kMostFields = 200, kMostChoices = 12, kLongestValue = 300;

// Values of a field by choice, if all members of a choice have the same; else nothing.
std::vector<std::string> by_choice(const SweepPage& page, const std::vector<int>& choice_of_member,
                                   const DifferingField& field) {
  std::vector<std::string> values(page.answer.choices.size());
  std::vector<bool> is_known(values.size(), false);
  for (std::size_t member = 0; member < std::min(field.values.size(), choice_of_member.size()); ++member) {
    if (choice_of_member[member] < 0 || page.view.members[member].config.empty()) continue;
    const auto choice = static_cast<std::size_t>(choice_of_member[member]);
    if (is_known[choice] && values[choice] != field.values[member]) return {};
    values[choice] = field.values[member];
    is_known[choice] = true;
  }
  for (std::size_t choice = 0; choice < values.size(); ++choice) {
    if (!is_known[choice]) values[choice] = "–";
  }
  return values;
}

// In the order in which they first occur, with the number of members that have them.
json counted_values(const SweepPage& page, const DifferingField& field) {
  std::vector<std::pair<std::string, std::int64_t>> counts;
  std::map<std::string, std::size_t> seen;
  for (std::size_t member = 0; member < field.values.size(); ++member) {
    if (member < page.view.members.size() && page.view.members[member].config.empty()) continue;
    const auto [found, is_new] = seen.emplace(field.values[member], counts.size());
    if (is_new) counts.emplace_back(field.values[member], 0);
    ++counts[found->second].second;
  }
  json values = json::array();
  for (const auto& [value, count] : counts) {
    if (values.size() == kMostValues) break;
    values.push_back({{"text", shortened(value, kLongestValue)}, {"count", count_text(count)}});
  }
  const std::size_t hidden = counts.size() - values.size();
  if (hidden > 0)
    values.push_back({{"text", ""}, {"count", ""}, {"more", count_text(static_cast<std::int64_t>(hidden))}});
  return values;
}

}  // namespace

json sweep_configs_section(const SweepPage& page) {
  json of_choices = json::array(), others = json::array(), names = json::array();
  std::vector<int> choice_of_member;
  const bool compares = page.compares() && page.answer.choices.size() <= kMostChoices;
  for (const MemberView& member : page.view.members) choice_of_member.push_back(page.choice_of(member.point));
  std::size_t hidden = 0;
  for (const DifferingField& field : differing_fields(page.view)) {
    if (of_choices.size() + others.size() >= kMostFields) {
      ++hidden;
      continue;
    }
    const std::vector<std::string> values =
        compares ? by_choice(page, choice_of_member, field) : std::vector<std::string>{};
    if (values.empty()) {
      others.push_back({{"path", field.path}, {"values", counted_values(page, field)}});
      continue;
    }
    json cells = json::array();
    for (const std::string& value : values) cells.push_back(shortened(value, kLongestValue));
    of_choices.push_back({{"path", field.path}, {"cells", cells}});
  }
  if (of_choices.empty() && others.empty()) return {};
  for (const ChoiceResult& choice : page.answer.choices) names.push_back(choice.name);
  return {{"has_choices", !of_choices.empty()},
          {"names", names},
          {"of_choices", of_choices},
          {"is_open", of_choices.size() <= 24},
          {"field_count", counted_text(static_cast<std::int64_t>(of_choices.size()), "field")},
          {"has_others", !others.empty()},
          {"others", others},
          {"hidden", hidden > 0 ? count_text(static_cast<std::int64_t>(hidden)) : ""}};
}

}  // namespace thaw::reports
