#include <algorithm>
#include <cmath>

#include "reports/statistics.h"
#include "reports/statistics/bootstrap.h"
#include "reports/sweep_pairs.h"

namespace thaw::reports {
namespace {

// With more choices, each is compared with the best one only: nobody reads thousands of pairs.
constexpr std::size_t kMostPaired = 12;

int choice_of(const SweepView& view, std::size_t point) {
  const auto& names = view.started.axis(view.compared).choice();
  const std::string& text = view.points[point].settings[view.compared].text();
  const auto found = std::find(names.begin(), names.end(), text);
  return found == names.end() ? -1 : static_cast<int>(found - names.begin());
}

std::string setting_label(const SweepView& view, std::size_t point) {
  std::string label;
  for (int axis = 0; axis < view.started.axis_size(); ++axis) {
    if (axis == view.compared) continue;
    label += (label.empty() ? "" : ", ") + view.axis_text(axis) + " " + view.setting_text(point, axis);
  }
  return label;
}

bool is_same(const Setting& a, const Setting& b) {
  return a.text() == b.text() && a.has_number() == b.has_number() && a.number() == b.number();
}

bool is_at(const SettingGroup& group, const PointView& point, int compared) {
  for (std::size_t axis = 0; axis < point.settings.size(); ++axis) {
    if (static_cast<int>(axis) != compared && !is_same(group.settings[axis], point.settings[axis])) return false;
  }
  return true;
}

// The points in settings of the other axes, and there by choice.
void sort_points(const SweepView& view, SweepAnswer& answer) {
  for (const std::string& name : view.started.axis(view.compared).choice()) answer.choices.emplace_back().name = name;
  for (std::size_t point = 0; point < view.points.size(); ++point) {
    const int choice = choice_of(view, point);
    if (choice < 0) continue;
    const auto found = std::find_if(answer.settings.begin(), answer.settings.end(), [&](const SettingGroup& group) {
      return is_at(group, view.points[point], view.compared);
    });
    const std::size_t setting = found - answer.settings.begin();
    if (found == answer.settings.end()) {
      SettingGroup& added = answer.settings.emplace_back();
      added.label = setting_label(view, point);
      added.settings = view.points[point].settings;
      added.settings[view.compared].Clear();
      for (ChoiceResult& result : answer.choices) result.points.push_back(-1);
    }
    answer.choices[choice].points[setting] = static_cast<int>(point);
  }
}

bool has_result(const SweepAnswer& answer, int point) {
  return point >= 0 && (answer.points[point].value.count > 0 || answer.points[point].diverged > 0);
}

// Settings at which both choices have results.
Side side_of(const SweepView& view, const SweepAnswer& answer, std::size_t choice, std::size_t other) {
  Side side{choice, {}};
  const auto &mine = answer.choices[choice].points, &its = answer.choices[other].points;
  for (std::size_t setting = 0; setting < mine.size(); ++setting) {
    if (has_result(answer, mine[setting]) && has_result(answer, its[setting]))
      side.strata.push_back(seed_values(view, mine[setting]));
  }
  return side;
}

bool has_pairs(const SweepAnswer& answer) {
  for (std::size_t setting = 0; setting < answer.settings.size(); ++setting) {
    const auto results = std::count_if(answer.choices.begin(), answer.choices.end(), [&](const ChoiceResult& choice) {
      return has_result(answer, choice.points[setting]);
    });
    if (results > 1) return true;
  }
  return false;
}

// The value is averaged over settings that every choice with any results has, by seeds that have all of them.
void estimate_choices(const SweepView& view, SweepAnswer& answer) {
  std::vector<std::size_t> shared;
  for (std::size_t setting = 0; setting < answer.settings.size(); ++setting) {
    const bool is_shared = std::all_of(answer.choices.begin(), answer.choices.end(), [&](const ChoiceResult& choice) {
      const bool has_any =
          std::any_of(choice.points.begin(), choice.points.end(), [&](int point) { return has_result(answer, point); });
      return !has_any || has_result(answer, choice.points[setting]);
    });
    if (is_shared) shared.push_back(setting);
  }
  for (ChoiceResult& choice : answer.choices) {
    std::map<std::uint64_t, std::vector<double>> by_seed;
    std::vector<double> seconds, parameters;
    for (const std::size_t setting : shared) {
      if (choice.points[setting] < 0) continue;
      const PointResult& point = answer.points[choice.points[setting]];
      for (const auto& [seed, value] : seed_values(view, choice.points[setting])) by_seed[seed].push_back(value);
      seconds.push_back(point.seconds);
      parameters.push_back(point.parameters);
      choice.diverged += point.diverged;
    }
    std::vector<double> means;
    const double sign = view.started.metric_is_max() ? 1 : -1;
    for (const auto& [seed, values] : by_seed) {
      const Summary summary = summarize(values);
      if (values.size() == shared.size() && summary.count == static_cast<int>(shared.size()))
        means.push_back(sign * summary.mean);
    }
    choice.value = estimate_mean(means);
    choice.seconds = summarize(seconds).mean;
    choice.parameters = summarize(parameters).mean;
  }
  answer.shared_settings = static_cast<int>(shared.size());
}

// By the mean, choices that diverged nowhere first.
bool is_better(const SweepView& view, const ChoiceResult& a, const ChoiceResult& b) {
  if ((a.diverged > 0) != (b.diverged > 0)) return b.diverged > 0;
  return view.started.metric_is_max() ? a.value.mean > b.value.mean : a.value.mean < b.value.mean;
}

void rank_choices(const SweepView& view, SweepAnswer& answer) {
  for (ChoiceResult& choice : answer.choices) {
    if (choice.value.count == 0) continue;
    choice.rank = 1 + static_cast<int>(
                          std::count_if(answer.choices.begin(), answer.choices.end(), [&](const ChoiceResult& other) {
                            return other.value.count > 0 && is_better(view, other, choice);
                          }));
  }
  const auto first = std::find_if(answer.choices.begin(), answer.choices.end(),
                                  [](const ChoiceResult& choice) { return choice.rank == 1; });
  if (first == answer.choices.end() || first->value.count < 2) return;
  first->is_like_first = true;
  const std::size_t best = first - answer.choices.begin();
  for (const PairResult& pair : answer.settings.size() > 1 ? answer.overall : answer.pairs) {
    if (pair.better != best && pair.worse != best) continue;
    ChoiceResult& other = answer.choices[pair.better == best ? pair.worse : pair.better];
    other.is_like_first = pair.difference.count > 1 && other.diverged == 0 && !pair.is_distinguishable;
  }
}

// Which choices are best at a setting, and which like it.
void judge_setting(const SweepView& view, std::size_t setting, SweepAnswer& answer) {
  SettingGroup& group = answer.settings[setting];
  std::vector<std::size_t> ranked;
  const auto result = [&](std::size_t choice) -> const PointResult& {
    return answer.points[answer.choices[choice].points[setting]];
  };
  for (std::size_t choice = 0; choice < answer.choices.size(); ++choice) {
    const int point = answer.choices[choice].points[setting];
    if (point >= 0 && answer.points[point].value.count > 0) ranked.push_back(choice);
  }
  std::stable_sort(ranked.begin(), ranked.end(), [&](std::size_t a, std::size_t b) {
    const PointResult &first = result(a), &second = result(b);
    if ((first.diverged > 0) != (second.diverged > 0)) return second.diverged > 0;
    return view.started.metric_is_max() ? first.value.mean > second.value.mean : first.value.mean < second.value.mean;
  });
  if (ranked.empty()) return;
  group.best = static_cast<int>(ranked.front());
  group.is_judged = result(ranked.front()).diverged == 0 && result(ranked.front()).value.count > 1;
  for (const std::size_t choice : ranked) {
    const auto found = std::find_if(answer.pairs.begin(), answer.pairs.end(), [&](const PairResult& pair) {
      return pair.setting == static_cast<int>(setting) && (pair.better == choice || pair.worse == choice) &&
             (pair.better == ranked.front() || pair.worse == ranked.front());
    });
    if (choice == ranked.front()) continue;
    const bool is_judged = found != answer.pairs.end() && can_be_judged(*found);
    const bool is_behind = is_judged && (found->worse == choice || !found->is_distinguishable);
    group.is_judged = group.is_judged && is_behind;
    if (is_judged && result(choice).diverged == 0 && !found->is_distinguishable) group.like_best.push_back(choice);
  }
}

std::size_t best_choice(const SweepView& view, const SweepAnswer& answer) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < answer.choices.size(); ++i) {
    const bool is_first = answer.choices[best].value.count == 0 && answer.choices[i].value.count > 0;
    if (is_first || (answer.choices[i].value.count > 0 && is_better(view, answer.choices[i], answer.choices[best])))
      best = i;
  }
  return best;
}

}  // namespace

void compare_choices(const SweepView& view, SweepAnswer& answer) {
  if (view.compared < 0 || !view.rungs.empty()) return;
  sort_points(view, answer);
  if (!has_pairs(answer)) {
    answer.choices.clear();
    answer.settings.clear();
    return;
  }
  estimate_choices(view, answer);
  const std::size_t best = best_choice(view, answer);
  for (std::size_t a = 0; a < answer.choices.size(); ++a) {
    for (std::size_t b = a + 1; b < answer.choices.size(); ++b) {
      if (answer.choices.size() > kMostPaired && a != best && b != best) continue;
      const Side first = side_of(view, answer, a, b), second = side_of(view, answer, b, a);
      if (!first.strata.empty()) answer.overall.push_back(compare_pair(first, second));
      for (std::size_t setting = 0; setting < answer.settings.size(); ++setting) {
        const int x = answer.choices[a].points[setting], y = answer.choices[b].points[setting];
        if (!has_result(answer, x) || !has_result(answer, y)) continue;
        PairResult& pair =
            answer.pairs.emplace_back(compare_pair({a, {seed_values(view, x)}}, {b, {seed_values(view, y)}}));
        pair.setting = static_cast<int>(setting);
      }
    }
  }
  if (answer.settings.size() < 2) answer.overall.clear();
  judge_family(answer.overall);
  judge_family(answer.pairs);
  std::stable_sort(answer.pairs.begin(), answer.pairs.end(),
                   [](const PairResult& a, const PairResult& b) { return a.setting < b.setting; });
  rank_choices(view, answer);
  for (std::size_t setting = 0; setting < answer.settings.size(); ++setting) judge_setting(view, setting, answer);
}

}  // namespace thaw::reports
