#pragma once

#include <functional>
#include <vector>

#include "reports/statistics/estimate.h"

namespace thaw::reports {

/// The share of resamples that lie below a 95 % percentile interval of `count` seeds: less than 2.5 %, because
/// resamples spread less than samples do. Phi(-sqrt(n / (n - 1)) t), with t the 97.5 % quantile of Student's t, n - 1
/// degrees. Source: Hesterberg, "What Teachers Should Know About the Bootstrap" (2015), the expanded percentile
/// interval.
double expanded_tail(int count);

/// A statistic of a resample, which has the i-th seed `times[i]` times.
using ResampledStatistic = std::function<double(const std::vector<int>& times)>;

/// The expanded percentile interval of a statistic of `count` seeds. Up to kMostEnumerated seeds every resample is
/// looked at, each multiset once with its probability; with more, kResamples of them, drawn by Philox from a fixed
/// seed, so that the same numbers always give the same interval. Unknown for fewer than kFewestResampled seeds. Of a
/// discrete distribution, the ends are the least value with at least the tail's probability at or below it, and the
/// greatest with as much at or above it.
Interval bootstrap_interval(int count, const ResampledStatistic& statistic);

/// With fewer seeds, resampling cannot give a 95 % interval: in one case of eight the true mean lies below all four
/// values or above all, so outside of whatever resamples of them give.
inline constexpr int kFewestResampled = 5;
inline constexpr int kMostEnumerated = 8;  ///< 6,435 multisets
inline constexpr int kResamples = 20000;

/// How the interval of so many seeds is found.
IntervalMethod interval_method(int count);

/// The mean of the finite values, with its interval: Student's t for two to four of them, the bootstrap for more.
Estimate estimate_mean(const std::vector<double>& values);

/// The same seeds in two ways: x[i] and y[i] have the same seed. NaN: no value, which is worse than every value.
struct SeedPairs {
  std::vector<double> x, y;
};

/// P(X > Y), ties counting half: the share of all pairs (x, y), of the same seed or not, in which x is greater; the
/// mean over the strata, which all have the same seeds. NaN if there is nothing to compare. Source: Mann and Whitney
/// 1947 (U / nm); Agarwal et al. 2021, "Deep Reinforcement Learning at the Edge of the Statistical Precipice",
/// probability of improvement.
double probability_of_improvement(const std::vector<SeedPairs>& strata);

/// Its interval; x and y of a seed are resampled together, in all strata. Unknown below kFewestResampled seeds.
Interval probability_interval(const std::vector<SeedPairs>& strata);

}  // namespace thaw::reports
