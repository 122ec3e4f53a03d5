#include "reports/sweep_pairs.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "reports/statistics/bootstrap.h"
#include "reports/statistics/paired_test.h"

namespace thaw::reports {
namespace {

constexpr double kLevel = 0.05;

// Seeds that have a result, or diverged, on both sides of every stratum.
std::vector<std::uint64_t> common_seeds(const Side& a, const Side& b) {
  std::vector<std::uint64_t> seeds;
  if (a.strata.empty()) return seeds;
  for (const auto& [seed, value] : a.strata.front()) {
    const auto has = [seed = seed](const SeedValues& values) { return values.contains(seed); };
    if (std::all_of(a.strata.begin(), a.strata.end(), has) && std::all_of(b.strata.begin(), b.strata.end(), has))
      seeds.push_back(seed);
  }
  return seeds;
}

double mean_over_strata(const Side& side, std::uint64_t seed) {
  double sum = 0;
  for (const SeedValues& values : side.strata) sum += values.at(seed);
  return sum / static_cast<double>(side.strata.size());
}

int diverged_in(const Side& side, const std::vector<std::uint64_t>& seeds) {
  return static_cast<int>(std::count_if(
      seeds.begin(), seeds.end(), [&side](std::uint64_t seed) { return std::isnan(mean_over_strata(side, seed)); }));
}

std::vector<SeedPairs> strata_of(const Side& a, const Side& b, const std::vector<std::uint64_t>& seeds) {
  std::vector<SeedPairs> strata(a.strata.size());
  for (std::size_t i = 0; i < strata.size(); ++i) {
    for (const std::uint64_t seed : seeds) {
      strata[i].x.push_back(a.strata[i].at(seed));
      strata[i].y.push_back(b.strata[i].at(seed));
    }
  }
  return strata;
}

std::vector<double> differences(const Side& a, const Side& b, const std::vector<std::uint64_t>& seeds) {
  std::vector<double> values;
  for (const std::uint64_t seed : seeds) values.push_back(mean_over_strata(a, seed) - mean_over_strata(b, seed));
  return values;
}

PairResult measured(const Side& better, const Side& worse, const std::vector<std::uint64_t>& seeds) {
  PairResult pair;
  pair.better = better.index;
  pair.worse = worse.index;
  pair.strata = static_cast<int>(better.strata.size());
  pair.seeds = static_cast<int>(seeds.size());
  pair.diverged_better = diverged_in(better, seeds);
  pair.diverged_worse = diverged_in(worse, seeds);
  const std::vector<double> by_seed = differences(better, worse, seeds);
  pair.difference = estimate_mean(by_seed);
  pair.p_value = paired_p_value(by_seed);
  const std::vector<SeedPairs> strata = strata_of(better, worse, seeds);
  pair.probability = probability_of_improvement(strata);
  pair.probability_interval = probability_interval(strata);
  return pair;
}

// One trains and the other never does: no difference of values is needed to tell them apart.
bool always_diverged(const PairResult& pair) {
  return pair.diverged_better == 0 && pair.seeds > 1 && pair.diverged_worse == pair.seeds;
}

}  // namespace

SeedValues seed_values(const SweepView& view, std::size_t point) {
  SeedValues values;
  const double sign = view.started.metric_is_max() ? 1 : -1;
  for (const std::size_t index : view.points[point].members) {
    const MemberView& member = view.members[index];
    if (member.state == MemberState::kDone && std::isfinite(member.value))
      values[member.info.seed()] = sign * member.value;
    if (member.state == MemberState::kDiverged) values[member.info.seed()] = kUnknown;
  }
  return values;
}

PairResult compare_pair(const Side& a, const Side& b) {
  const std::vector<std::uint64_t> seeds = common_seeds(a, b);
  const double mean = estimate_mean(differences(a, b, seeds)).mean;
  const bool turned = std::isnan(mean) ? diverged_in(a, seeds) > diverged_in(b, seeds) : mean < 0;
  return turned ? measured(b, a, seeds) : measured(a, b, seeds);
}

PairResult seen_from(std::size_t first, PairResult pair) {
  if (pair.better == first) return pair;
  const auto turn = [](Interval& interval, double whole) { interval = {whole - interval.high, whole - interval.low}; };
  std::swap(pair.better, pair.worse);
  std::swap(pair.diverged_better, pair.diverged_worse);
  pair.difference.mean = -pair.difference.mean;
  turn(pair.difference.interval, 0);
  pair.probability = 1 - pair.probability;
  turn(pair.probability_interval, 1);
  return pair;
}

bool can_be_judged(const PairResult& pair) { return pair.difference.count > 1 || pair.is_distinguishable; }

void judge_family(std::vector<PairResult>& family) {
  std::vector<double> p_values;
  for (const PairResult& pair : family) p_values.push_back(pair.p_value);
  const std::vector<double> corrected = holm_corrected(p_values);
  const auto tested =
      static_cast<int>(std::count_if(p_values.begin(), p_values.end(), [](double p) { return !std::isnan(p); }));
  for (std::size_t i = 0; i < family.size(); ++i) {
    PairResult& pair = family[i];
    pair.corrected_p = corrected[i];
    pair.family = tested;
    pair.is_distinguishable =
        always_diverged(pair) || (pair.diverged_better == 0 && pair.difference.interval.is_known() &&
                                  pair.difference.interval.excludes(0) && pair.corrected_p < kLevel);
  }
}

void compare_with_first(const SweepView& view, SweepAnswer& answer) {
  if (answer.ranking.empty()) return;
  const std::size_t first = answer.ranking.front();
  const Side best{first, {seed_values(view, first)}};
  for (const std::size_t point : answer.ranking) {
    if (point != first) answer.to_first.push_back(compare_pair(best, {point, {seed_values(view, point)}}));
  }
  judge_family(answer.to_first);
  const bool is_judged = answer.points[first].value.count > 1;
  answer.points[first].is_like_first = is_judged;
  for (const PairResult& pair : answer.to_first) {
    PointResult& other = answer.points[pair.better == first ? pair.worse : pair.better];
    other.is_like_first = is_judged && pair.difference.count > 1 && other.diverged == 0 && !pair.is_distinguishable;
  }
}

}  // namespace thaw::reports
