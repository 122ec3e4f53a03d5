#include "reports/statistics/pareto.h"

#include <algorithm>
#include <cmath>

namespace thaw::reports {
namespace {

bool beats(const Outcome& a, const Outcome& b) {
  return a.value >= b.value && a.cost <= b.cost && (a.value > b.value || a.cost < b.cost);
}

bool is_known(const Outcome& outcome) { return !std::isnan(outcome.value) && !std::isnan(outcome.cost); }

}  // namespace

std::vector<bool> pareto_front(const std::vector<Outcome>& outcomes) {
  std::vector<bool> front;
  for (const Outcome& outcome : outcomes) {
    front.push_back(is_known(outcome) && std::none_of(outcomes.begin(), outcomes.end(), [&](const Outcome& other) {
                      return is_known(other) && beats(other, outcome);
                    }));
  }
  return front;
}

}  // namespace thaw::reports
