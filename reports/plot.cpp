#include "reports/plot.h"

#include <algorithm>
#include <cmath>

#include "reports/html.h"
#include "reports/number_text.h"
#include "reports/svg.h"

namespace thaw::reports {
namespace {

constexpr double kLogFromRatio = 30;  // a loss that falls this far is unreadable on a linear axis
constexpr int kShapes = 3;

int decimals_of_step(double step) { return std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 10); }

std::string plain_tick(double tick) {
  if (tick >= 1e6 && tick < 1e12) return plain_text(tick / 1e6) + "M";
  if (tick >= 1e3 && tick == std::floor(tick)) return count_text(std::llround(tick));
  return tick >= 1e-4 && tick < 1e3 ? fixed_text(tick, decimals_of_step(tick)) : plain_text(tick);
}

}  // namespace

void Range::add(double value) {
  if (!std::isfinite(value)) return;
  const bool was_empty = is_empty();
  low_ = was_empty ? value : std::min(low_, value);
  high_ = was_empty ? value : std::max(high_, value);
}

void Range::add(const std::vector<double>& values) {
  for (const double value : values) add(value);
}

void Range::add(const Range& other) {
  if (!other.is_empty()) add({other.low_, other.high_});
}

Axis value_axis(const Range& range, const ValueScale& scale, int wanted_ticks) {
  double low = range.low(), high = range.high();
  if (scale.is_share && low == high) {  // all the same, at an end perhaps
    low = std::max(0.0, low - 0.05);
    high = std::min(1.0, high + 0.05);
  }
  if (scale.may_be_log && low > 0 && high / kLogFromRatio >= low) return log_axis(low, high);
  Axis axis = linear_axis(low, high, wanted_ticks);
  // Rounding and padding must not suggest room beyond 0 and 1.
  const bool reaches_beyond = scale.is_share && (axis.high > 1 || axis.low < 0) && low >= 0 && high <= 1;
  if (reaches_beyond) {
    axis.low = std::max(axis.low, 0.0);
    axis.high = std::min(axis.high, 1.0);
    std::erase_if(axis.ticks, [&axis](double tick) { return tick < axis.low || tick > axis.high; });
  }
  return axis;
}

Axis setting_axis(const Range& range, bool is_log, int wanted_ticks) {
  if (!is_log || !(range.low() > 0)) return linear_axis(range.low(), range.high(), wanted_ticks);
  Axis axis = log_axis(range.low(), range.high());
  if (axis.ticks.size() < 2) return linear_axis(range.low(), range.high(), wanted_ticks);
  // Room for few numbers only: powers of ten, if there are enough of them.
  if (axis.ticks.size() > static_cast<std::size_t>(wanted_ticks) + 1) {
    const auto is_power = [](double tick) {
      const double power = std::log10(tick);
      return std::abs(power - std::round(power)) < 1e-6;
    };
    if (std::count_if(axis.ticks.begin(), axis.ticks.end(), is_power) > 1)
      std::erase_if(axis.ticks, [&](double tick) { return !is_power(tick); });
  }
  return axis;
}

std::string tick_text(const Axis& axis, double tick, bool is_share) {
  if (axis.is_log && !is_share) return plain_tick(tick);
  const double step = axis.ticks.size() > 1 ? axis.ticks[1] - axis.ticks[0] : 1;
  if (std::max(std::abs(axis.low), std::abs(axis.high)) >= 1e6 || step < 1e-6) return number_text(tick);
  const double scale = is_share ? 100 : 1;
  return fixed_text(tick * scale, decimals_of_step(step * scale)) + (is_share ? "%" : "");
}

std::string draw_y_axis(const Plot& plot, bool is_share) {
  std::string svg;
  for (const double tick : plot.y.ticks) {
    svg += svg_line(plot.left, plot.y_of(tick), plot.right, plot.y_of(tick), "grid");
    svg += svg_text(plot.left - 8, plot.y_of(tick) + 4, "end", tick_text(plot.y, tick, is_share));
  }
  return svg + svg_line(plot.left, plot.bottom, plot.right, plot.bottom, "axis");
}

std::string draw_x_axis(const Plot& plot, const std::string& title, bool is_share) {
  std::string svg;
  for (const double tick : plot.x.ticks) {
    svg += svg_line(plot.x_of(tick), plot.bottom, plot.x_of(tick), plot.bottom + 4, "axis");
    svg += svg_text(plot.x_of(tick), plot.bottom + 18, "middle", tick_text(plot.x, tick, is_share));
  }
  return svg + svg_text((plot.left + plot.right) / 2, plot.bottom + 34, "middle", title, "soft");
}

std::string draw_marker(double x, double y, int style, double size) {
  const auto at = [x, y](double dx, double dy) { return coordinate(x + dx) + " " + coordinate(y + dy); };
  const double s = size;
  switch (style % kShapes) {
    case 0:
      return "<circle cx=\"" + coordinate(x) + "\" cy=\"" + coordinate(y) + "\" r=\"" + coordinate(s) + "\"/>";
    case 1:
      return "<path d=\"M" + at(-s, -s) + "L" + at(s, -s) + "L" + at(s, s) + "L" + at(-s, s) + "Z\"/>";
    default:
      return "<path d=\"M" + at(0, -1.3 * s) + "L" + at(1.2 * s, s) + "L" + at(-1.2 * s, s) + "Z\"/>";
  }
}

std::string marker_class(int style) { return "marker s" + std::to_string(style); }

std::string line_class(int style) { return "line s" + std::to_string(style); }

std::string shortened(const std::string& text, std::size_t most) {
  const std::string valid = well_formed(text);
  std::size_t characters = 0, at = 0;
  for (; at < valid.size() && characters < most; ++characters) {
    ++at;
    while (at < valid.size() && (static_cast<unsigned char>(valid[at]) & 0xC0) == 0x80) ++at;
  }
  return at < valid.size() ? valid.substr(0, at) + "…" : valid;
}

}  // namespace thaw::reports
