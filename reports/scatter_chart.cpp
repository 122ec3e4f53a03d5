#include "reports/scatter_chart.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "reports/svg.h"

namespace thaw::reports {
namespace {

constexpr double kWidth = 380, kHeight = 268;
constexpr double kTop = 14, kBottom = 228, kRight = 366;
constexpr std::size_t kMostPointed = 250;  // more are drawn small and cannot be pointed at

bool can_be_drawn(const Plot& plot, const ScatterPoint& point) {
  return std::isfinite(point.x) && std::isfinite(point.y) && (!plot.x.is_log || point.x > 0) &&
         (!plot.y.is_log || point.y > 0);
}

Plot plot_of(const ScatterChart& chart) {
  Range x, y;
  for (const ScatterPoint& point : chart.points) {
    if (!(std::isfinite(point.x) && std::isfinite(point.y)) || (chart.x_is_log && point.x <= 0)) continue;
    x.add(point.x);
    for (const double value : {point.y, point.low, point.high}) y.add(value);
  }
  Plot plot{chart.x_axis.value_or(setting_axis(x, chart.x_is_log, 5)), value_axis(y, chart.scale)};
  plot.top = kTop;
  plot.bottom = kBottom;
  plot.right = kRight;
  return plot;
}

std::string draw_point(const Plot& plot, const ScatterPoint& point) {
  const double x = plot.x_of(point.x), y = plot.y_of(point.y);
  std::string svg = "<g>" + svg_tooltip(point.name);
  if (std::isfinite(point.low) && std::isfinite(point.high)) {
    svg += svg_line(x, plot.y_of(point.low), x, plot.y_of(point.high), "whisker s" + std::to_string(point.style));
  }
  svg += "<g class=\"" + marker_class(point.style) + "\">" + draw_marker(x, y, point.style, point.is_marked ? 5 : 3.5) +
         "</g>";
  if (!point.number.empty()) {
    const bool is_at_right = x > plot.right - 20;
    svg += svg_text(x + (is_at_right ? -8 : 8), y - 6, is_at_right ? "end" : "start", point.number, "mark-text");
  }
  return svg + "</g>";
}

std::string draw_many(const Plot& plot, const std::vector<ScatterPoint>& points) {
  std::array<std::string, kStyles> paths;
  for (const ScatterPoint& point : points) {
    if (point.is_marked || !can_be_drawn(plot, point)) continue;
    paths[static_cast<std::size_t>(point.style % kStyles)] +=
        "M" + coordinate(plot.x_of(point.x)) + " " + coordinate(plot.y_of(point.y)) + "h0";
  }
  std::string svg;
  for (std::size_t style = 0; style < paths.size(); ++style) {
    if (!paths[style].empty())
      svg += "<path class=\"dots s" + std::to_string(style) + "\" d=\"" + paths[style] + "\"/>";
  }
  return svg;
}

// Between two points of the front nothing better costs as little: a stairway, not a slope.
std::string draw_front(const Plot& plot, const std::vector<ScatterPoint>& points) {
  std::vector<const ScatterPoint*> front;
  for (const ScatterPoint& point : points) {
    if (point.is_marked && can_be_drawn(plot, point)) front.push_back(&point);
  }
  std::stable_sort(front.begin(), front.end(), [](const auto* a, const auto* b) { return a->x < b->x; });
  std::string path;
  for (const ScatterPoint* point : front) {
    const std::string x = coordinate(plot.x_of(point->x)), y = coordinate(plot.y_of(point->y));
    path += path.empty() ? "M" + x + " " + y : "H" + x + "V" + y;
  }
  return path.empty() ? "" : "<path class=\"front\" d=\"" + path + "H" + coordinate(plot.right) + "\"/>";
}

}  // namespace

std::string draw_scatter(const ScatterChart& chart) {
  const Plot plot = plot_of(chart);
  std::string svg = svg_start(chart.id, kWidth, kHeight, chart.title, chart.description);
  svg += draw_y_axis(plot, chart.scale.is_share) + draw_x_axis(plot, chart.x_title);
  if (chart.has_front) svg += draw_front(plot, chart.points);
  const bool is_crowded = chart.points.size() > kMostPointed;
  if (is_crowded) svg += draw_many(plot, chart.points);
  for (const bool is_marked : {false, true}) {
    for (const ScatterPoint& point : chart.points) {
      if (point.is_marked == is_marked && (is_marked || !is_crowded) && can_be_drawn(plot, point))
        svg += draw_point(plot, point);
    }
  }
  return svg + "</svg>";
}

}  // namespace thaw::reports
