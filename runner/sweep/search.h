#pragma once

#include <string>
#include <vector>

#include "runner/sweep/axis.h"
#include "runner/sweep/exclusions.h"

namespace thaw {

/// The most runs that a sweep may have.
inline constexpr std::int64_t kMostMembers = 100'000;

/// The combinations that a search tries.
struct SearchPoints {
  std::vector<std::vector<Setting>> points;
  std::vector<std::int64_t> left_out;  ///< by exclusion: of a grid, how many combinations it took away
};

/// All combinations of a grid, or those that are drawn, without those that are excluded. A drawn one that was there
/// before is drawn anew. Findings: a grid that cannot be, more than there are, nothing left, exclusions that take
/// nothing away.
SearchPoints find_points(const Sweep& sweep, const std::vector<SweepAxis>& axes, const Exclusions& exclusions,
                         Findings& findings);

/// Successive halving's decisions: after so many epochs, so many combinations are left.
struct Rungs {
  std::vector<int> epochs;  ///< the last one all of them
  std::vector<int> points;
};

/// Each rung has `reduction` times the epochs of the one before and one in so many of its combinations (at least one).
/// One that would stand close to the end, where there is little left to save, is left out, and so are those that have
/// nothing to decide.
Rungs plan_rungs(const SuccessiveHalving& halving, int points, int epochs);

}  // namespace thaw
