#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "reports/plot.h"

namespace thaw::reports {

/// One combination: what it cost or was set to, and what it reached.
struct ScatterPoint {
  double x = 0, y = 0;
  double low = std::numeric_limits<double>::quiet_NaN(), high = low;  ///< of y; NaN: no interval
  int style = 0;
  std::string name = {};   ///< what a pointer that rests on it is told
  bool is_marked = false;  ///< drawn in full, with its number
  std::string number = {};
};

/// Values against something else that differs from point to point.
struct ScatterChart {
  std::string id, title, description = {}, x_title = {};
  std::vector<ScatterPoint> points = {};
  bool x_is_log = false;
  std::optional<Axis> x_axis = {};  ///< absent: made from the points
  ValueScale scale = {};
  bool has_front = false;  ///< a stairway through the marked points, ascending by x
};

std::string draw_scatter(const ScatterChart& chart);

}  // namespace thaw::reports
