#include "reports/sweep_importance.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "reports/statistics.h"
#include "reports/statistics/variance_share.h"

namespace thaw::reports {
namespace {

// Fewer combinations say nothing of which axis mattered.
constexpr std::size_t kFewestPoints = 6;

struct Valued {
  std::size_t point = 0;
  double value = 0;
};

std::vector<Valued> first_rung(const SweepView& view) {
  const RungDecided& decision = view.rungs.front().decision;
  std::map<std::size_t, double> values;
  for (int i = 0; i < std::min(decision.point_size(), decision.value_size()); ++i) {
    const auto point = view.find_point(decision.point(i));
    if (point && std::isfinite(decision.value(i))) values[*point] = decision.value(i);
  }
  std::vector<Valued> valued;
  for (const auto& [point, value] : values) valued.push_back({point, value});
  return valued;
}

std::vector<Valued> final_values(const SweepAnswer& answer) {
  std::vector<Valued> valued;
  for (std::size_t point = 0; point < answer.points.size(); ++point) {
    if (answer.points[point].value.count > 0) valued.push_back({point, answer.points[point].value.mean});
  }
  return valued;
}

Grouping group_choices(const SweepView& view, std::size_t axis, const std::vector<Valued>& valued) {
  std::map<std::string, int> numbers;
  Grouping grouping;
  for (const Valued& one : valued) {
    const auto number = static_cast<int>(numbers.size());
    grouping.group.push_back(numbers.emplace(view.setting_text(one.point, axis), number).first->second);
  }
  grouping.groups = static_cast<int>(numbers.size());
  return grouping;
}

Grouping group_points(const SweepView& view, std::size_t axis, const std::vector<Valued>& valued) {
  std::vector<double> numbers;
  for (const Valued& one : valued) {
    const Setting& setting = view.points[one.point].settings[axis];
    if (!setting.has_number() || std::isnan(setting.number())) return group_choices(view, axis, valued);
    numbers.push_back(setting.number());
  }
  return group_numbers(numbers);
}

// Within points, of all: what is left for seeds.
double share_of_seeds(const SweepView& view, const SweepAnswer& answer) {
  std::vector<double> all;
  double within = 0;
  for (const PointResult& point : answer.points) {
    for (const double value : point.values) {
      if (!std::isfinite(value)) continue;
      all.push_back(value);
      within += (value - point.value.mean) * (value - point.value.mean);
    }
  }
  const Summary summary = summarize(all);
  if (view.started.repeats() < 2 || summary.count < 2 || !(summary.standard_deviation > 0)) return kUnknown;
  return within / (summary.standard_deviation * summary.standard_deviation * (summary.count - 1));
}

}  // namespace

void weigh_axes(const SweepView& view, SweepAnswer& answer) {
  const bool by_rung = !view.rungs.empty() && view.rungs.front().is_decided;
  if (by_rung) answer.importance_epochs = view.rungs.front().epochs;
  const std::vector<Valued> valued = by_rung ? first_rung(view) : final_values(answer);
  // Seeds are in the values of those that trained to the end, which are not the ones that are weighed.
  if (!by_rung) answer.noise_share = share_of_seeds(view, answer);
  if (valued.size() < kFewestPoints) return;
  std::vector<double> values;
  for (const Valued& one : valued) values.push_back(one.value);
  std::vector<Grouping> groupings;
  std::vector<std::vector<int>> factors;
  for (int axis = 0; axis < view.started.axis_size(); ++axis) {
    groupings.push_back(group_points(view, axis, valued));
    factors.push_back(groupings.back().group);
  }
  const std::vector<VarianceShare> shares = variance_shares(values, factors);
  for (std::size_t axis = 0; axis < shares.size(); ++axis) {
    const VarianceShare& share = shares[axis];
    if (std::isnan(share.p_value)) continue;
    answer.importance.push_back({axis, share.epsilon_squared, share.p_value, share.groups, groupings[axis].is_binned});
  }
  std::stable_sort(answer.importance.begin(), answer.importance.end(),
                   [](const AxisImportance& a, const AxisImportance& b) { return a.share > b.share; });
}

}  // namespace thaw::reports
