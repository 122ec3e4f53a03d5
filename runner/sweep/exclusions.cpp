#include "runner/sweep/exclusions.h"

#include <algorithm>

#include "schemas/rule_words.h"

namespace thaw {
namespace {

std::string quoted(const std::string& text) { return '"' + text + '"'; }

std::string indexed(const std::string& path, int index) { return path + "[" + std::to_string(index) + "]"; }

}  // namespace

Exclusions::Exclusions(const Sweep& sweep, const std::vector<SweepAxis>& axes, Findings& findings)
    : sweep_(sweep), axes_(axes) {
  for (int i = 0; i < sweep.exclude_size(); ++i) {
    for (int k = 0; k < sweep.exclude(i).when_size(); ++k) {
      check(sweep.exclude(i).when(k), indexed(indexed("sweep.exclude", i) + ".when", k), findings);
    }
  }
}

int Exclusions::axis_index(const std::string& name) const {
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    if (axes_[i].info().name() == name) return static_cast<int>(i);
  }
  return -1;
}

void Exclusions::check(const Condition& condition, const std::string& path, Findings& findings) const {
  const std::vector<std::string> names = axis_names(sweep_);
  const int index = axis_index(condition.axis());
  if (index < 0) {
    // An axis that is there, but has mistakes of its own, has been told of.
    if (std::find(names.begin(), names.end(), condition.axis()) != names.end()) return;
    return findings.add(path + ".axis", "unknown axis " + quoted(condition.axis()),
                        names.empty() ? "the sweep has no axis" : "expected " + one_of_words(names), condition.axis(),
                        names);
  }
  const AxisInfo& info = axes_[static_cast<std::size_t>(index)].info();
  const bool has_choices = info.choice_size() > 0;
  const bool has_numbers = condition.value_size() > 0 || condition.has_at_most() || condition.has_at_least();
  if (condition.choice_size() == 0 && !has_numbers) {
    return findings.add(path, "says nothing of axis " + quoted(info.name()),
                        has_choices ? "expected choice: \"...\"" : "expected value, at_most or at_least");
  }
  if (has_choices && has_numbers) {
    const std::string at = condition.value_size() > 0 ? ".value[0]"
                           : condition.has_at_most()  ? ".at_most"
                                                      : ".at_least";
    return findings.add(path + at, "is about numbers, but axis " + quoted(info.name()) + " has choices",
                        "expected choice: \"...\"");
  }
  if (!has_choices && condition.choice_size() > 0) {
    return findings.add(path + ".choice[0]", "is about choices, but axis " + quoted(info.name()) + " has numbers",
                        "expected value, at_most or at_least");
  }
  const std::vector<std::string> choices(info.choice().begin(), info.choice().end());
  for (int i = 0; i < condition.choice_size(); ++i) {
    const std::string& name = condition.choice(i);
    if (std::find(choices.begin(), choices.end(), name) != choices.end()) continue;
    findings.add(indexed(path + ".choice", i), "axis " + quoted(info.name()) + " has no choice " + quoted(name),
                 "expected " + one_of_words(choices), name, choices);
  }
  if (condition.has_at_most() && condition.has_at_least() && condition.at_least() > condition.at_most()) {
    findings.add(path + ".at_least",
                 "at_least " + number_words(condition.at_least()) + " is more than at_most " +
                     number_words(condition.at_most()) + ": no number is both",
                 "expected at_least <= at_most, or two exclusions");
  }
}

bool Exclusions::is_met(const Condition& condition, const std::vector<Setting>& settings) const {
  const Setting& setting = settings[static_cast<std::size_t>(axis_index(condition.axis()))];
  const auto has = [](const auto& list, const auto& wanted) {
    return list.empty() || std::find(list.begin(), list.end(), wanted) != list.end();
  };
  return has(condition.choice(), setting.text()) && has(condition.value(), setting.number()) &&
         (!condition.has_at_most() || setting.number() <= condition.at_most()) &&
         (!condition.has_at_least() || setting.number() >= condition.at_least());
}

int Exclusions::find(const std::vector<Setting>& settings) const {
  for (int i = 0; i < sweep_.exclude_size(); ++i) {
    const auto& conditions = sweep_.exclude(i).when();
    if (std::all_of(conditions.begin(), conditions.end(),
                    [&](const Condition& condition) { return is_met(condition, settings); })) {
      return i;
    }
  }
  return -1;
}

std::string Exclusions::words(int exclusion) const {
  std::string text;
  for (const Condition& condition : sweep_.exclude(exclusion).when()) {
    std::vector<std::string> settings;
    for (const std::string& name : condition.choice()) settings.push_back(quoted(name));
    for (const double value : condition.value()) settings.push_back(number_words(value));
    text += (text.empty() ? "" : " with ") + condition.axis();
    if (!settings.empty()) text += " " + one_of_words(settings);
    if (condition.has_at_least()) text += " at least " + number_words(condition.at_least());
    if (condition.has_at_least() && condition.has_at_most()) text += " and";
    if (condition.has_at_most()) text += " at most " + number_words(condition.at_most());
  }
  return text;
}

}  // namespace thaw
