#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "reports/sweep_answer.h"

namespace thaw::reports {

/// A point's results by seed. NaN: diverged; absent: failed, or not done. Turned so that more is better.
using SeedValues = std::map<std::uint64_t, double>;

SeedValues seed_values(const SweepView& view, std::size_t point);

/// One of two that are compared, over strata that both have.
struct Side {
  std::size_t index = 0;  ///< what PairResult calls it
  std::vector<SeedValues> strata;
};

/// `a` and `b` by the seeds that both have in all strata. Without words; a p-value that is not corrected yet.
PairResult compare_pair(const Side& a, const Side& b);

/// The same comparison from the side of `first`, one of the two, which may be the worse one: its `better`.
PairResult seen_from(std::size_t first, PairResult pair);

/// Two seeds at least, or one of both that never trained: that can be told apart, or not.
bool can_be_judged(const PairResult& pair);

/// Corrects the p-values of comparisons that are looked at together, and decides what can be told apart: intervals that
/// leave out 0 and a corrected p-value below 0.05, of one that never diverged.
void judge_family(std::vector<PairResult>& family);

/// Sets choices, settings, overall and pairs: empty where no two choices have results at the same settings.
void compare_choices(const SweepView& view, SweepAnswer& answer);

/// Sets to_first and is_like_first: every ranked point against the first one.
void compare_with_first(const SweepView& view, SweepAnswer& answer);

}  // namespace thaw::reports
