#pragma once

#include <string>

#include "runner/sweep/plan.h"

namespace thaw {

/// What `thaw check` and `thaw summary` say of a sweep: what is varied, how many runs that makes and how many are done,
/// and what the rest takes.
std::string summarize_sweep(const SweepMembers& sweep, const CheckedSweep& checked);

/// The same for programs, with every member.
std::string sweep_json(const SweepMembers& sweep, const CheckedSweep& checked);

}  // namespace thaw
