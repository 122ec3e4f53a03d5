#pragma once

#include <string>
#include <vector>

#include "runner/sweep/member_cost.h"
#include "runner/sweep/plan.h"

namespace thaw {

/// What a forecast is made from.
struct ForecastFacts {
  const SweepStarted& plan;
  const std::vector<RunStatus>& status;         ///< of the plan's members
  const std::vector<const MemberCost*>& costs;  ///< likewise
  const std::string& runs_root;
  int jobs;
};

/// What the members that are not done yet cost together: features that several of them want once, and of successive
/// halving the epochs that its rungs allow.
SweepForecast forecast(const ForecastFacts& facts);

}  // namespace thaw
