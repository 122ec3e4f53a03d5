#pragma once

#include <vector>

namespace thaw::reports {

/// One direction of a chart: what values it spans and where its ticks stand.
struct Axis {
  double low = 0, high = 1;
  bool is_log = false;
  std::vector<double> ticks;  ///< ascending, inside low..high

  /// Where `value` lies between the ends: 0 at `low`, 1 at `high`.
  double position(double value) const;
};

/// An axis over low..high, widened to round numbers, with about `wanted_ticks` ticks at steps of 1, 2 or 5 times a
/// power of ten.
Axis linear_axis(double low, double high, int wanted_ticks);

/// An axis over positive values, with ticks at 1, 2 and 5 times powers of ten (powers alone over three decades or
/// more).
Axis log_axis(double low, double high);

/// An axis of whole numbers that is not widened: epochs.
Axis counting_axis(double low, double high, int wanted_ticks);

}  // namespace thaw::reports
