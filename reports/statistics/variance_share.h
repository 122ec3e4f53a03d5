#pragma once

#include <vector>

namespace thaw::reports {

/// How much of the variance of values groups explain.
struct VarianceShare {
  double eta_squared = 0;      ///< between groups, of all: never less than what chance gives
  double epsilon_squared = 0;  ///< beyond what chance gives: (eta squared - expected) / (1 - expected), 0 at least
  double p_value = 1;          ///< share of permutations that explain as much; never 0
  int groups = 0;
};

/// One-way analysis of variance of `values`, the i-th of which is in group `group[i]` (numbered from 0). Everything is
/// NaN where that says nothing: fewer than two groups, no group with two values, or values that are all equal. The
/// p-value is of kPermutations permutations of the values, drawn by Philox from a fixed seed. Sources: Fisher 1925 (eta
/// squared); Kelley 1935 (epsilon squared); Phipson and Smyth 2010 (a permutation p-value counts the values as they
/// are, too).
VarianceShare variance_share(const std::vector<double>& values, const std::vector<int>& group);

inline constexpr int kPermutations = 9999;

/// Groups of numbers: one for each number if that makes at most a third as many groups as values, else bins that hold
/// equally many (by rank; equal numbers stay together).
struct Grouping {
  std::vector<int> group;
  int groups = 0;
  bool is_binned = false;
};
Grouping group_numbers(const std::vector<double>& numbers);

}  // namespace thaw::reports
