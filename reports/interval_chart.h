#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/plot.h"

namespace thaw::reports {

/// A value that is known up to an interval, with what it was made of.
struct IntervalRow {
  std::string label;              ///< "fine-tune"
  std::string value;              ///< as the reader may want it: "84.1 % (83.0 to 85.2)"
  double middle = 0;              ///< NaN: nothing is drawn
  double low = 0, high = 0;       ///< NaN: no interval
  std::vector<double> dots = {};  ///< single runs
  int style = 0;
  bool is_open = false;    ///< a hollow marker
  bool is_strong = false;  ///< its label stands out
};

/// Rows below each other on one axis: a label and a value, and below them dots, interval and marker.
struct IntervalChart {
  std::string id, title, description = {}, x_title = {};
  std::vector<IntervalRow> rows = {};
  bool is_wide = false;
  Range least = {};  ///< what the axis spans at least: charts of one kind share it
  bool is_share = false;
  std::optional<double> mark = {};  ///< a vertical line: no difference
};

/// What the axis must span for its rows, but for those that are far from the others.
Range shown_range(const IntervalChart& chart);

/// A few rows that are far from the others, from the first one and from `mark` do not set the scale: arrows at the edge
/// stand for them.
std::string draw_intervals(const IntervalChart& chart);

}  // namespace thaw::reports
