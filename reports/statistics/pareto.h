#pragma once

#include <vector>

namespace thaw::reports {

/// What was reached and what it took.
struct Outcome {
  double value = 0;  ///< more is better
  double cost = 0;   ///< less is better
};

/// Which outcomes no other one beats: none is at least as good for at most the cost, and better in one of the two.
/// Those with NaN are not.
std::vector<bool> pareto_front(const std::vector<Outcome>& outcomes);

}  // namespace thaw::reports
