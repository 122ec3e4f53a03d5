#pragma once

#include "reports/sweep_answer.h"

namespace thaw::reports {

/// Sets importance, importance_epochs and noise_share: how much of the differences between points each axis explains.
/// Of successive halving, by the values at the first rung, which all points reached.
void weigh_axes(const SweepView& view, SweepAnswer& answer);

}  // namespace thaw::reports
