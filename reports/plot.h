#pragma once

#include <string>
#include <vector>

#include "reports/axis.h"

namespace thaw::reports {

/// How many looks a line or marker may have. A style picks colour, dash and marker together, so that nothing is told by
/// colour alone: 0 to 5 filled, 6 to 11 the same colours with other dashes and hollow markers.
inline constexpr int kStyles = 12;
/// Those of them that are filled, each of another colour.
inline constexpr int kFilledStyles = 6;

/// How the values of a chart are to be shown.
struct ValueScale {
  bool is_share = false;    ///< the axis counts per cent
  bool may_be_log = false;  ///< a loss: logarithmic where it falls far
};

/// The least and the greatest of finite values.
class Range {
 public:
  void add(double value);
  void add(const std::vector<double>& values);
  void add(const Range& other);
  bool is_empty() const { return low_ > high_; }
  /// 0 and 1 for an empty one.
  double low() const { return is_empty() ? 0 : low_; }
  double high() const { return is_empty() ? 1 : high_; }

 private:
  double low_ = 1, high_ = 0;
};

/// The axis on which values of a metric stand. A share has no room beyond 0 and 1.
Axis value_axis(const Range& range, const ValueScale& scale, int wanted_ticks = 5);

/// The axis for what was chosen or counted: logarithmic where it is wanted and possible.
Axis setting_axis(const Range& range, bool is_log, int wanted_ticks);

/// What stands at a tick; `is_share`: in per cent.
std::string tick_text(const Axis& axis, double tick, bool is_share);

/// The rectangle of a drawing in which values are placed.
struct Plot {
  Axis x, y;
  double left = 48, right = 372, top = 40, bottom = 206;

  double x_of(double value) const { return left + (right - left) * x.position(value); }
  double y_of(double value) const { return bottom - (bottom - top) * y.position(value); }
  bool has_x(double value) const { return value >= x.low && value <= x.high; }
};

/// Lines across the plot at the ticks of y, with their numbers at the left, and the axis below.
std::string draw_y_axis(const Plot& plot, bool is_share);
/// Ticks below the plot with their numbers and, below these, `title`.
std::string draw_x_axis(const Plot& plot, const std::string& title, bool is_share = false);

/// The shape that belongs to a style. The colour comes from the group around it, see marker_class.
std::string draw_marker(double x, double y, int style, double size);
std::string marker_class(int style);
std::string line_class(int style);

/// `text` cut after `most` characters, with an ellipsis; never inside a character.
std::string shortened(const std::string& text, std::size_t most);

}  // namespace thaw::reports
