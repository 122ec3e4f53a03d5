#pragma once

#include <vector>

namespace thaw::reports {

/// How much of the variance of values one factor explains beyond the others.
struct VarianceShare {
  double epsilon_squared = 0;  ///< of all variance, less what chance gives; 0 at least
  double f_statistic = 0;      ///< of the factor, given the others
  double p_value = 1;          ///< share of permutations that give as much; never 0
  int groups = 0;
};

/// Analysis of variance of `values` by factors that add up: the i-th value is in group factors[f][i] (numbered from 0)
/// of factor f. A factor's sum of squares is what the sum of all factors fits better than that of the others; on a full
/// grid these are the usual ones. With too few values for that, each factor is looked at alone. All NaN where nothing
/// can be said: fewer than two groups, as many groups as values, or values that are all equal.
///
/// p-values permute the residuals of the model without the factor, by Philox from a fixed seed.
/// Sources: Fisher 1925; Kelley 1935 (epsilon squared: (SS - df MSE) / SS of all); Freedman and Lane 1983
/// (permutation); Phipson and Smyth 2010 (the values as they are count as a permutation).
std::vector<VarianceShare> variance_shares(const std::vector<double>& values,
                                           const std::vector<std::vector<int>>& factors);

/// With many values fewer, so that it takes seconds at most.
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
