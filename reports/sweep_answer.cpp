#include "reports/sweep_answer.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "reports/config_fields.h"
#include "reports/statistics.h"
#include "reports/statistics/bootstrap.h"
#include "reports/statistics/distributions.h"
#include "reports/statistics/pareto.h"
#include "reports/sweep_importance.h"
#include "reports/sweep_pairs.h"
#include "reports/sweep_words.h"

namespace thaw::reports {
namespace {

// Less than this, a time saved is no reason to take another combination.
constexpr double kCheaper = 0.9;

double known_or_nothing(std::int64_t count) { return count > 0 ? static_cast<double>(count) : kUnknown; }

void add_costs(const SweepView& view, const PointView& point, PointResult& result) {
  std::vector<double> seconds, parameters, samples, memory;
  for (const std::size_t index : point.members) {
    const MemberView& member = view.members[index];
    if (member.state == MemberState::kDone) seconds.push_back(member.cost_seconds);
    if (member.state == MemberState::kDone) memory.push_back(known_or_nothing(member.peak_memory_bytes));
    // None is trained: that is a number, too.
    const bool is_known = member.parameters > 0 || member.trainable_parameters > 0;
    parameters.push_back(is_known ? static_cast<double>(member.trainable_parameters) : kUnknown);
    samples.push_back(known_or_nothing(member.train_samples));
  }
  result.seconds = summarize(seconds).mean;
  result.parameters = summarize(parameters).mean;
  result.samples = summarize(samples).mean;
  result.memory_bytes = summarize(memory).mean;
}

// Where successive halving left the point behind, and the value it had there.
void add_rung(const SweepView& view, const PointView& point, PointResult& result) {
  for (const std::size_t index : point.members) {
    const MemberView& member = view.members[index];
    if (member.state != MemberState::kLeftBehind || member.rung < 0) continue;
    const RungDecided& decision = view.rungs[member.rung].decision;
    const auto found = std::find(decision.point().begin(), decision.point().end(), member.info.point());
    const auto at = static_cast<int>(found - decision.point().begin());
    result.rung = member.rung;
    if (at < decision.value_size()) result.rung_value = decision.value(at);
  }
}

PointResult result_of(const SweepView& view, const PointView& point) {
  PointResult result;
  for (const std::size_t index : point.members) {
    const MemberView& member = view.members[index];
    const bool is_done = member.state == MemberState::kDone && std::isfinite(member.value);
    result.values.push_back(is_done ? member.value : kUnknown);
    if (member.state == MemberState::kDiverged) ++result.diverged;
    if (!is_done && member.state != MemberState::kDiverged) ++result.missing;
  }
  result.value = estimate_mean(result.values);
  add_costs(view, point, result);
  add_rung(view, point, result);
  return result;
}

// The best mean first; those that diverged with any seed come after those that did not.
void rank_points(const SweepView& view, SweepAnswer& answer) {
  const auto is_better = [&](std::size_t a, std::size_t b) {
    const PointResult &first = answer.points[a], &second = answer.points[b];
    if ((first.diverged > 0) != (second.diverged > 0)) return second.diverged > 0;
    return view.started.metric_is_max() ? first.value.mean > second.value.mean : first.value.mean < second.value.mean;
  };
  for (std::size_t point = 0; point < answer.points.size(); ++point) {
    if (answer.points[point].value.count > 0) answer.ranking.push_back(point);
  }
  std::stable_sort(answer.ranking.begin(), answer.ranking.end(), is_better);
  for (std::size_t i = 0; i < answer.ranking.size(); ++i) {
    const bool is_equal = i > 0 && !is_better(answer.ranking[i - 1], answer.ranking[i]);
    answer.points[answer.ranking[i]].rank =
        is_equal ? answer.points[answer.ranking[i - 1]].rank : static_cast<int>(i) + 1;
  }
}

void mark_front(const SweepView& view, SweepAnswer& answer, double PointResult::*cost, bool PointResult::*mark) {
  std::vector<Outcome> outcomes;
  std::set<double> costs;
  for (const PointResult& point : answer.points) {
    const bool counts = point.rank > 0 && point.diverged == 0;
    const double value = view.started.metric_is_max() ? point.value.mean : -point.value.mean;
    outcomes.push_back({counts ? value : kUnknown, point.*cost});
    if (counts && !std::isnan(point.*cost)) costs.insert(point.*cost);
  }
  if (costs.size() < 2) return;  // what costs the same everywhere is no trade
  const std::vector<bool> front = pareto_front(outcomes);
  for (std::size_t i = 0; i < front.size(); ++i) answer.points[i].*mark = front[i];
}

std::optional<std::size_t> member_to_copy(const SweepView& view, std::size_t point) {
  for (const std::size_t index : view.points[point].members) {
    const MemberView& member = view.members[index];
    if (member.state == MemberState::kDone && !member.config.empty()) return index;
  }
  return {};
}

// Whether a point cannot be told from the first one and is at most a standard error of their difference behind it, by
// five seeds that both have: that two cannot be told apart does not make them equal. Source: Breiman et al. 1984,
// "Classification and Regression Trees", the 1 SE rule.
bool is_as_good(const SweepAnswer& answer, std::size_t point) {
  if (!answer.points[point].is_like_first) return false;
  return std::any_of(answer.to_first.begin(), answer.to_first.end(), [point](const PairResult& pair) {
    if ((pair.better != point && pair.worse != point) || pair.difference.count < kFewestResampled) return false;
    return pair.better == point || pair.p_value >= student_two_sided(1, pair.difference.count - 1);
  });
}

// The cheapest of those that are as good as the first one, if there are seeds enough to say that; else the first one.
void recommend(const SweepView& view, SweepAnswer& answer) {
  if (answer.ranking.empty()) return;
  const std::size_t first = answer.ranking.front();
  std::size_t chosen = first;
  const PointResult& best = answer.points[first];
  if (best.diverged > 0) return;  // all of them did
  const bool has_times = std::isfinite(best.seconds);
  const auto cost = has_times ? &PointResult::seconds : &PointResult::parameters;
  for (const std::size_t point : answer.ranking) {
    const PointResult& other = answer.points[point];
    const bool may_replace = is_as_good(answer, point) && member_to_copy(view, point).has_value();
    if (may_replace && other.*cost < kCheaper * (best.*cost) && other.*cost < answer.points[chosen].*cost)
      chosen = point;
  }
  const auto member = member_to_copy(view, chosen);
  if (!member) return;
  Recommendation& recommended = answer.recommendation.emplace();
  recommended.point = chosen;
  recommended.member = *member;
  recommended.is_cheaper = chosen != first;
  recommended.reason = recommendation_words(view, answer);
}

}  // namespace

SweepAnswer answer_sweep(const SweepView& view) {
  SweepAnswer answer;
  for (const PointView& point : view.points) answer.points.push_back(result_of(view, point));
  rank_points(view, answer);
  mark_front(view, answer, &PointResult::seconds, &PointResult::is_on_time_front);
  mark_front(view, answer, &PointResult::parameters, &PointResult::is_on_parameter_front);
  mark_front(view, answer, &PointResult::samples, &PointResult::is_on_sample_front);
  compare_with_first(view, answer);
  compare_choices(view, answer);
  weigh_axes(view, answer);
  add_pair_words(view, answer);
  recommend(view, answer);
  answer.head = head_words(view, answer);
  answer.caveats = caveats(view, answer);
  return answer;
}

CurveBand curve_band(const SweepView& view, std::size_t point) {
  std::map<double, std::vector<double>> by_epoch;
  for (const std::size_t index : view.points[point].members) {
    const MemberView& member = view.members[index];
    for (std::size_t row = 0; row < std::min(member.epochs.size(), member.curve.size()); ++row) {
      if (std::isfinite(member.curve[row])) by_epoch[member.epochs[row]].push_back(member.curve[row]);
    }
  }
  CurveBand band;
  for (const auto& [epoch, values] : by_epoch) {
    const Summary summary = summarize(values);
    band.epochs.push_back(epoch);
    band.mean.push_back(summary.mean);
    band.low.push_back(summary.min);
    band.high.push_back(summary.max);
  }
  return band;
}

std::vector<DifferingField> differing_fields(const SweepView& view) {
  std::vector<std::map<std::string, std::string>> members;
  std::set<std::string> paths;
  for (const MemberView& member : view.members) {
    auto& fields = members.emplace_back(config_fields(member.config));
    fields.erase("seed");
    for (const auto& [path, value] : fields) paths.insert(path);
  }
  std::vector<DifferingField> differing;
  for (const std::string& path : paths) {
    DifferingField field{path, {}};
    std::set<std::string> distinct;
    for (std::size_t i = 0; i < members.size(); ++i) {
      const auto found = members[i].find(path);
      field.values.push_back(found == members[i].end() ? "–" : found->second);
      // A member that has not started has no config: that is no difference.
      if (!view.members[i].config.empty()) distinct.insert(field.values.back());
    }
    if (distinct.size() > 1) differing.push_back(std::move(field));
  }
  return differing;
}

}  // namespace thaw::reports
