#include "reports/chart.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "reports/axis.h"
#include "reports/number_text.h"
#include "reports/svg.h"

namespace thaw::reports {
namespace {

using nlohmann::json;

// Three charts stand side by side on a desktop: about one unit a pixel there, and on a phone.
constexpr double kWidth = 380, kHeight = 244;
constexpr double kLeft = 48, kRight = 372, kTop = 40, kBottom = 206;
constexpr std::size_t kMostPoints = 600;  // of a line; more are thinned, extremes kept
constexpr std::size_t kMostMarkers = 30;  // of a line; beyond, markers run into each other
constexpr std::size_t kMostTableRows = 200;
constexpr std::size_t kMostNamedMilestones = 5;
constexpr double kLogFromRatio = 30;  // a loss that falls this far is unreadable on a linear axis

struct Frame {
  Axis x, y;
  double x_of(double value) const { return kLeft + (kRight - kLeft) * x.position(value); }
  double y_of(double value) const { return kBottom - (kBottom - kTop) * y.position(value); }
};

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
};

Range range_of(const std::vector<Series>& series) {
  Range range;
  for (const Series& line : series) {
    for (const double value : line.values) {
      if (!std::isfinite(value)) continue;
      range.low = std::min(range.low, value);
      range.high = std::max(range.high, value);
    }
  }
  return range;
}

Axis value_axis(const LineChart& chart) {
  Range range = range_of(chart.series);
  if (range.low > range.high) range = {0, 1};
  if (chart.may_be_log && range.low > 0 && range.high / kLogFromRatio >= range.low)
    return log_axis(range.low, range.high);
  Axis axis = linear_axis(range.low, range.high, 5);
  // A share has no room beyond 0 and 1; rounding and padding must not suggest it.
  const bool reaches_beyond = chart.is_share && (axis.high > 1 || axis.low < 0) && range.low >= 0 && range.high <= 1;
  if (reaches_beyond) {
    axis.low = std::max(axis.low, 0.0);
    axis.high = std::min(axis.high, 1.0);
    std::erase_if(axis.ticks, [&axis](double tick) { return tick < axis.low || tick > axis.high; });
  }
  return axis;
}

int decimals_of_step(double step) { return std::clamp(static_cast<int>(std::ceil(-std::log10(step) - 1e-9)), 0, 10); }

std::string tick_text(const Axis& axis, double tick, bool is_share) {
  if (axis.is_log) return tick >= 1e-3 && tick < 1e5 ? fixed_text(tick, decimals_of_step(tick)) : plain_text(tick);
  const double step = axis.ticks.size() > 1 ? axis.ticks[1] - axis.ticks[0] : 1;
  if (std::max(std::abs(axis.low), std::abs(axis.high)) >= 1e6 || step < 1e-6) return number_text(tick);
  const double scale = is_share ? 100 : 1;
  return fixed_text(tick * scale, decimals_of_step(step * scale)) + (is_share ? "%" : "");
}

std::string draw_axes(const Frame& frame, const LineChart& chart) {
  std::string svg;
  for (const double tick : frame.y.ticks) {
    svg += svg_line(kLeft, frame.y_of(tick), kRight, frame.y_of(tick), "grid");
    svg += svg_text(kLeft - 8, frame.y_of(tick) + 4, "end", tick_text(frame.y, tick, chart.is_share));
  }
  svg += svg_line(kLeft, kBottom, kRight, kBottom, "axis");
  for (const double tick : frame.x.ticks) {
    svg += svg_line(frame.x_of(tick), kBottom, frame.x_of(tick), kBottom + 4, "axis");
    svg += svg_text(frame.x_of(tick), kBottom + 18, "middle", fixed_text(tick, 0));
  }
  svg += svg_text((kLeft + kRight) / 2, kHeight - 4, "middle", "epoch", "soft");
  if (frame.y.is_log) svg += svg_text(kRight, kHeight - 4, "end", "logarithmic scale", "soft");
  return svg;
}

// The rows of a line that are drawn: all, or of each stretch its first, lowest and highest.
std::vector<std::size_t> drawn_rows(const std::vector<double>& values) {
  std::set<std::size_t> rows;
  const std::size_t stretch = std::max<std::size_t>(1, (values.size() * 3 + kMostPoints - 1) / kMostPoints);
  const std::size_t length = values.size() <= kMostPoints ? 1 : stretch;
  for (std::size_t first = 0; first < values.size(); first += length) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = values.begin() + static_cast<std::ptrdiff_t>(std::min(first + length, values.size()));
    rows.insert(first);
    const auto [low, high] = std::minmax_element(begin, end);
    rows.insert(low - values.begin());
    rows.insert(high - values.begin());
  }
  if (!values.empty()) rows.insert(values.size() - 1);
  return {rows.begin(), rows.end()};
}

std::string draw_path(const Frame& frame, const LineChart& chart, const Series& line) {
  std::string path;
  bool is_down = false;
  for (const std::size_t row : drawn_rows(line.values)) {
    const double value = line.values[row];
    if (!std::isfinite(value)) {
      is_down = false;
      continue;
    }
    path += (is_down ? "L" : "M") + coordinate(frame.x_of(chart.epochs[row])) + " " + coordinate(frame.y_of(value));
    is_down = true;
  }
  return "<path class=\"line s" + std::to_string(line.style) + "\" d=\"" + path + "\"/>";
}

// A marker's shape belongs to its style: what colour says, shape says too.
std::string marker(double x, double y, int style, double size) {
  const auto at = [x, y](double dx, double dy) { return coordinate(x + dx) + " " + coordinate(y + dy); };
  const double s = size;
  switch (style % 3) {
    case 0:
      return "<circle cx=\"" + coordinate(x) + "\" cy=\"" + coordinate(y) + "\" r=\"" + coordinate(s) + "\"/>";
    case 1:
      return "<path d=\"M" + at(-s, -s) + "L" + at(s, -s) + "L" + at(s, s) + "L" + at(-s, s) + "Z\"/>";
    default:
      return "<path d=\"M" + at(0, -1.3 * s) + "L" + at(1.2 * s, s) + "L" + at(-1.2 * s, s) + "Z\"/>";
  }
}

// Every value can be pointed at while there are few of them.
std::string draw_markers(const Frame& frame, const LineChart& chart, const Series& line) {
  if (line.values.size() > kMostMarkers) return {};
  std::string svg = "<g class=\"marker s" + std::to_string(line.style) + "\">";
  for (std::size_t row = 0; row < line.values.size(); ++row) {
    if (!std::isfinite(line.values[row])) continue;
    const std::string tip =
        line.name + ", epoch " + fixed_text(chart.epochs[row], 0) + ": " + chart.text(line.values[row]);
    svg += "<g>" + svg_tooltip(tip) +
           marker(frame.x_of(chart.epochs[row]), frame.y_of(line.values[row]), line.style, 3) + "</g>";
  }
  return svg + "</g>";
}

std::string draw_mark(const Frame& frame, double epoch) {
  if (epoch < frame.x.low || epoch > frame.x.high) return {};
  const double x = frame.x_of(epoch);
  const bool is_at_right = x > (kLeft + kRight) / 2;
  return svg_line(x, kTop - 8, x, kBottom, "mark") + svg_text(x + (is_at_right ? -5 : 5), kTop - 1,
                                                              is_at_right ? "end" : "start",
                                                              "best: epoch " + fixed_text(epoch, 0), "mark-text");
}

// Where few curves are at their end: at the bottom if they rise, else at the top.
double height_of_names(const Frame& frame, const LineChart& chart) {
  for (const Series& line : chart.series) {
    for (auto value = line.values.rbegin(); value != line.values.rend(); ++value) {
      if (std::isfinite(*value)) return frame.y.position(*value) > 0.5 ? kBottom - 5 : kTop + 10;
    }
  }
  return kBottom - 5;
}

// Halfway between the epoch before and the first one of it.
std::string draw_milestones(const Frame& frame, const LineChart& chart) {
  std::string svg;
  for (const Milestone& milestone : chart.milestones) {
    const double epoch = std::max(milestone.epoch - 0.5, frame.x.low);
    if (epoch > frame.x.high) continue;
    const double x = frame.x_of(epoch);
    svg += "<g>" + svg_tooltip(milestone.text) + svg_line(x, kTop, x, kBottom, "stage");
    if (chart.milestones.size() <= kMostNamedMilestones) {
      const bool is_at_right = x > kRight - 48;
      svg += svg_text(x + (is_at_right ? -4 : 4), height_of_names(frame, chart), is_at_right ? "end" : "start",
                      milestone.name, "soft");
    }
    svg += "</g>";
  }
  return svg;
}

std::string draw_legend(const LineChart& chart) {
  std::string svg;
  double x = kLeft;
  for (const Series& line : chart.series) {
    if (!line.in_legend) continue;
    const std::string style = "s" + std::to_string(line.style);
    svg += svg_line(x, 14, x + 26, 14, "line " + style);
    if (line.values.size() <= kMostMarkers)
      svg += "<g class=\"marker " + style + "\">" + marker(x + 13, 14, line.style, 3) + "</g>";
    svg += svg_text(x + 32, 18, "start", line.name);
    x += 32 + 7.2 * static_cast<double>(line.name.size()) + 20;
  }
  return svg;
}

std::string draw(const LineChart& chart) {
  const Frame frame{counting_axis(chart.epochs.front(), chart.epochs.back(), 6), value_axis(chart)};
  std::string svg = svg_start(chart.id, kWidth, kHeight, chart.title, chart.description);
  svg += draw_axes(frame, chart);
  svg += draw_milestones(frame, chart);
  if (chart.marked_epoch > 0) svg += draw_mark(frame, chart.marked_epoch);
  for (const Series& line : chart.series) svg += draw_path(frame, chart, line) + draw_markers(frame, chart, line);
  return svg + draw_legend(chart) + "</svg>";
}

json table_rows(const LineChart& chart) {
  const std::size_t stride = (chart.epochs.size() + kMostTableRows - 1) / kMostTableRows;
  json rows = json::array();
  for (std::size_t row = 0; row < chart.epochs.size(); ++row) {
    const bool is_best = chart.epochs[row] == chart.marked_epoch;
    if (row % stride != 0 && row + 1 != chart.epochs.size() && !is_best) continue;
    json cells = json::array();
    for (const Series& line : chart.series) cells.push_back(chart.text(line.values[row]));
    rows.push_back({{"epoch", fixed_text(chart.epochs[row], 0)}, {"cells", cells}, {"is_best", is_best}});
  }
  return rows;
}

}  // namespace

json chart_values(const LineChart& chart) {
  json columns = json::array();
  for (const Series& line : chart.series) columns.push_back(line.name);
  return {{"id", chart.id},     {"title", chart.title},      {"svg", draw(chart)},
          {"columns", columns}, {"rows", table_rows(chart)}, {"thinned", chart.epochs.size() > kMostTableRows}};
}

}  // namespace thaw::reports
