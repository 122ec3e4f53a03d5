#include "reports/statistics/bootstrap.h"

#include <Random123/philox.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "reports/statistics.h"
#include "reports/statistics/distributions.h"

namespace thaw::reports {
namespace {

struct Weighted {
  double value = 0, probability = 0;
};

double factorial(int n) { return std::tgamma(n + 1.0); }

// Every multiset of `count` out of `count` seeds, with the probability that a resample is it: n! / (prod times!) / n^n.
void enumerate(std::vector<int>& times, std::size_t at, int left, const std::function<void(double)>& visit) {
  if (at + 1 == times.size()) {
    times[at] = left;
    const auto count = static_cast<int>(times.size());
    double probability = factorial(count) / std::pow(count, count);
    for (const int t : times) probability /= factorial(t);
    visit(probability);
    return;
  }
  for (times[at] = 0; times[at] <= left; ++times[at]) enumerate(times, at + 1, left - times[at], visit);
}

// The seeds of one resample: a counter says which, so that there is no state.
void draw(std::uint32_t resample, std::vector<int>& times) {
  const auto count = static_cast<std::uint64_t>(times.size());
  std::fill(times.begin(), times.end(), 0);
  r123::Philox4x32::key_type key{{0x73776565U, 0x70000001U}};
  for (std::uint32_t block = 0; block * 4 < count; ++block) {
    const auto numbers = r123::Philox4x32()({{block, resample, 0, 0}}, key);
    for (std::uint32_t i = 0; i < 4 && block * 4 + i < count; ++i) ++times[std::uint64_t{numbers[i]} * count >> 32];
  }
}

std::vector<Weighted> distribution(int count, const ResampledStatistic& statistic) {
  std::vector<int> times(count);
  std::vector<Weighted> values;
  const auto add = [&](double probability) {
    const double value = statistic(times);
    if (!std::isnan(value)) values.push_back({value, probability});
  };
  if (count <= kMostEnumerated) {
    enumerate(times, 0, count, add);
  } else {
    for (int resample = 0; resample < kResamples; ++resample) {
      draw(static_cast<std::uint32_t>(resample), times);
      add(1.0 / kResamples);
    }
  }
  std::sort(values.begin(), values.end(), [](const Weighted& a, const Weighted& b) { return a.value < b.value; });
  return values;
}

// The first value with at least `tail` at or before it. Probabilities add up to 1 but for rounding.
template <typename Iterator>
double end_of_tail(Iterator first, Iterator last, double tail) {
  double sum = 0;
  for (; first != last; ++first) {
    sum += first->probability;
    if (sum >= tail - 1e-12) return first->value;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

Interval student_interval(const Summary& summary) {
  const double reach =
      student_quantile(0.975, summary.count - 1) * summary.standard_deviation / std::sqrt(summary.count);
  return {summary.mean - reach, summary.mean + reach};
}

// Where each value stands among both, so that one pass counts the pairs of any resample.
struct Placed {
  double value = 0;
  std::size_t seed = 0;
  bool is_x = false;
};

bool is_less(double a, double b) { return std::isnan(a) ? !std::isnan(b) : a < b; }

std::vector<Placed> placed(const SeedPairs& pairs) {
  std::vector<Placed> all;
  for (std::size_t i = 0; i < pairs.x.size(); ++i) {
    all.push_back({pairs.x[i], i, true});
    all.push_back({pairs.y[i], i, false});
  }
  std::sort(all.begin(), all.end(), [](const Placed& a, const Placed& b) { return is_less(a.value, b.value); });
  return all;
}

// The share of pairs: 1 where x is greater, half where they are equal; seeds count as often as `times` says.
double share_of_wins(const std::vector<Placed>& all, const std::vector<int>& times) {
  double sum = 0, lesser = 0;
  for (std::size_t first = 0; first < all.size();) {
    double x = 0, y = 0;
    std::size_t next = first;
    for (; next < all.size() && !is_less(all[first].value, all[next].value); ++next) {
      (all[next].is_x ? x : y) += times[all[next].seed];
    }
    sum += x * (lesser + y / 2);
    lesser += y;
    first = next;
  }
  const double count = static_cast<double>(times.size());
  return sum / count / count;
}

double mean_share(const std::vector<std::vector<Placed>>& strata, const std::vector<int>& times) {
  double sum = 0;
  for (const auto& stratum : strata) sum += share_of_wins(stratum, times);
  return sum / static_cast<double>(strata.size());
}

std::vector<std::vector<Placed>> all_placed(const std::vector<SeedPairs>& strata) {
  std::vector<std::vector<Placed>> all;
  for (const SeedPairs& pairs : strata) all.push_back(placed(pairs));
  return all;
}

}  // namespace

double expanded_tail(int count) {
  const double n = count;
  return normal_probability(-std::sqrt(n / (n - 1)) * student_quantile(0.975, count - 1));
}

Interval bootstrap_interval(int count, const ResampledStatistic& statistic) {
  if (count < kFewestResampled) return {};
  const std::vector<Weighted> values = distribution(count, statistic);
  const double tail = expanded_tail(count);
  return {end_of_tail(values.begin(), values.end(), tail), end_of_tail(values.rbegin(), values.rend(), tail)};
}

IntervalMethod interval_method(int count) {
  if (count < 2) return IntervalMethod::kNone;
  if (count < kFewestResampled) return IntervalMethod::kStudent;
  return count <= kMostEnumerated ? IntervalMethod::kEnumerated : IntervalMethod::kResampled;
}

Estimate estimate_mean(const std::vector<double>& values) {
  std::vector<double> finite;
  std::copy_if(values.begin(), values.end(), std::back_inserter(finite), [](double v) { return std::isfinite(v); });
  const Summary summary = summarize(finite);
  Estimate estimate{summary.count, summary.mean, {}, interval_method(summary.count)};
  if (estimate.method == IntervalMethod::kStudent) {
    estimate.interval = student_interval(summary);
  } else if (estimate.method != IntervalMethod::kNone) {
    // Of deviations, which are small: rounding must not put the ends of equal values apart from their mean.
    for (double& value : finite) value -= summary.mean;
    estimate.interval = bootstrap_interval(summary.count, [&](const std::vector<int>& times) {
      return std::inner_product(times.begin(), times.end(), finite.begin(), 0.0) / summary.count;
    });
    estimate.interval.low += summary.mean;
    estimate.interval.high += summary.mean;
  }
  return estimate;
}

double probability_of_improvement(const std::vector<SeedPairs>& strata) {
  if (strata.empty() || strata.front().x.empty()) return std::numeric_limits<double>::quiet_NaN();
  return mean_share(all_placed(strata), std::vector<int>(strata.front().x.size(), 1));
}

Interval probability_interval(const std::vector<SeedPairs>& strata) {
  if (strata.empty()) return {};
  const auto all = all_placed(strata);
  return bootstrap_interval(static_cast<int>(strata.front().x.size()),
                            [&all](const std::vector<int>& times) { return mean_share(all, times); });
}

}  // namespace thaw::reports
