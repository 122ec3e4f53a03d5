#include "reports/chart.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "reports/number_text.h"
#include "reports/plot.h"
#include "reports/svg.h"

namespace thaw::reports {
namespace {

using nlohmann::json;

// Three charts stand side by side on a desktop, or two wide ones: about one unit a pixel there, and on a phone.
constexpr double kWidth = 380, kHeight = 244, kWideWidth = 520, kWideHeight = 320;
constexpr double kBesideLegend = 14;      // the plot's top where nothing stands above it
constexpr std::size_t kMostPoints = 600;  // of a line; more are thinned, extremes kept
constexpr std::size_t kMostMarkers = 30;  // of a line; beyond, markers run into each other
constexpr std::size_t kMostTableRows = 200;
constexpr std::size_t kMostNamedMilestones = 5;
constexpr std::size_t kMostNamedTicks = 6;  // beyond, not every x has its own

Axis x_axis(const LineChart& chart) {
  if (!chart.x_is_log) return counting_axis(chart.x.front(), chart.x.back(), 6);
  Range range;
  range.add(chart.x);
  Axis axis = setting_axis(range, true, 6);
  if (chart.x.size() <= kMostNamedTicks) axis.ticks = chart.x;
  return axis;
}

Axis y_axis(const LineChart& chart) {
  Range range;
  for (const Series& line : chart.series) {
    range.add(line.values);
    range.add(line.low);
    range.add(line.high);
  }
  return value_axis(range, {chart.is_share, chart.may_be_log});
}

std::string draw_axes(const Plot& plot, const LineChart& chart) {
  std::string svg = draw_y_axis(plot, chart.is_share) + draw_x_axis(plot, chart.x_title);
  if (plot.y.is_log) svg += svg_text(plot.right, plot.bottom + 34, "end", "logarithmic scale", "soft");
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

// "epoch 3"
std::string x_text(const LineChart& chart, std::size_t row) {
  return chart.x_title + " " + count_text(std::llround(chart.x[row]));
}

std::string draw_path(const Plot& plot, const LineChart& chart, const Series& line) {
  std::string path;
  bool is_down = false;
  for (const std::size_t row : drawn_rows(line.values)) {
    const double value = line.values[row];
    if (!std::isfinite(value)) {
      is_down = false;
      continue;
    }
    path += (is_down ? "L" : "M") + coordinate(plot.x_of(chart.x[row])) + " " + coordinate(plot.y_of(value));
    is_down = true;
  }
  return "<path class=\"" + line_class(line.style) + (line.is_faint ? " faint" : "") + "\" d=\"" + path + "\"/>";
}

// There and back again: along the upper edge, then along the lower one.
std::string draw_band(const Plot& plot, const LineChart& chart, const Series& line) {
  std::string upper, lower;
  if (line.low.size() != chart.x.size() || line.high.size() != chart.x.size()) return {};
  for (const std::size_t row : drawn_rows(line.values)) {
    if (!std::isfinite(line.low[row]) || !std::isfinite(line.high[row])) continue;
    const std::string x = coordinate(plot.x_of(chart.x[row])) + " ";
    upper += (upper.empty() ? "M" : "L") + x + coordinate(plot.y_of(line.high[row]));
    lower = "L" + x + coordinate(plot.y_of(line.low[row])) + lower;
  }
  if (upper.empty()) return {};
  return "<path class=\"band s" + std::to_string(line.style) + "\" d=\"" + upper + lower + "Z\"/>";
}

std::string value_text(const LineChart& chart, const Series& line, std::size_t row) {
  const std::string text = chart.text(line.values[row]);
  const bool has_band = row < line.low.size() && row < line.high.size() && std::isfinite(line.low[row]) &&
                        std::isfinite(line.high[row]) && line.low[row] < line.high[row];
  return has_band ? text + " (" + chart.text(line.low[row]) + " to " + chart.text(line.high[row]) + ")" : text;
}

// Every value can be pointed at while there are few of them.
std::string draw_markers(const Plot& plot, const LineChart& chart, const Series& line) {
  if (line.values.size() > kMostMarkers || line.is_faint) return {};
  std::string svg = "<g class=\"" + marker_class(line.style) + "\">";
  for (std::size_t row = 0; row < line.values.size(); ++row) {
    if (!std::isfinite(line.values[row])) continue;
    svg += "<g>" + svg_tooltip(line.name + ", " + x_text(chart, row) + ": " + value_text(chart, line, row)) +
           draw_marker(plot.x_of(chart.x[row]), plot.y_of(line.values[row]), line.style, 3) + "</g>";
  }
  return svg + "</g>";
}

std::string draw_mark(const Plot& plot, double epoch) {
  if (!plot.has_x(epoch)) return {};
  const double x = plot.x_of(epoch);
  const bool is_at_right = x > (plot.left + plot.right) / 2;
  return svg_line(x, plot.top - 8, x, plot.bottom, "mark") +
         svg_text(x + (is_at_right ? -5 : 5), plot.top - 1, is_at_right ? "end" : "start",
                  "best: epoch " + fixed_text(epoch, 0), "mark-text");
}

// Where few curves are at their end: at the bottom if they rise, else at the top.
double height_of_names(const Plot& plot, const LineChart& chart) {
  for (const Series& line : chart.series) {
    for (auto value = line.values.rbegin(); value != line.values.rend(); ++value) {
      if (std::isfinite(*value)) return plot.y.position(*value) > 0.5 ? plot.bottom - 5 : plot.top + 10;
    }
  }
  return plot.bottom - 5;
}

// Halfway between the epoch before and the first one of it.
std::string draw_milestones(const Plot& plot, const LineChart& chart) {
  std::string svg;
  for (const Milestone& milestone : chart.milestones) {
    const double epoch = std::max(milestone.epoch - 0.5, plot.x.low);
    if (epoch > plot.x.high) continue;
    const double x = plot.x_of(epoch);
    svg += "<g>" + svg_tooltip(milestone.text) + svg_line(x, plot.top, x, plot.bottom, "stage");
    if (chart.milestones.size() <= kMostNamedMilestones) {
      const bool is_at_right = x > plot.right - 48;
      svg += svg_text(x + (is_at_right ? -4 : 4), height_of_names(plot, chart), is_at_right ? "end" : "start",
                      milestone.name, "soft");
    }
    svg += "</g>";
  }
  return svg;
}

std::string draw_legend(const Plot& plot, const LineChart& chart) {
  std::string svg;
  double x = plot.left;
  for (const Series& line : chart.series) {
    if (!line.in_legend) continue;
    svg += svg_line(x, 14, x + 26, 14, line_class(line.style));
    if (line.values.size() <= kMostMarkers)
      svg += "<g class=\"" + marker_class(line.style) + "\">" + draw_marker(x + 13, 14, line.style, 3) + "</g>";
    svg += svg_text(x + 32, 18, "start", line.name);
    x += 32 + 7.2 * static_cast<double>(line.name.size()) + 20;
  }
  return svg;
}

Plot plot_of(const LineChart& chart) {
  Plot plot{x_axis(chart), y_axis(chart)};
  if (chart.is_wide) {
    plot.right += kWideWidth - kWidth;
    plot.bottom += kWideHeight - kHeight;
  }
  const bool has_legend =
      std::any_of(chart.series.begin(), chart.series.end(), [](const Series& line) { return line.in_legend; });
  if (!has_legend && chart.marked_epoch <= 0) plot.top = kBesideLegend;
  return plot;
}

std::string draw(const LineChart& chart) {
  const Plot plot = plot_of(chart);
  std::string svg = svg_start(chart.id, chart.is_wide ? kWideWidth : kWidth, chart.is_wide ? kWideHeight : kHeight,
                              chart.title, chart.description);
  svg += draw_axes(plot, chart);
  svg += draw_milestones(plot, chart);
  if (chart.marked_epoch > 0) svg += draw_mark(plot, chart.marked_epoch);
  for (const Series& line : chart.series) svg += draw_band(plot, chart, line);
  for (const Series& line : chart.series) svg += draw_path(plot, chart, line) + draw_markers(plot, chart, line);
  return svg + draw_legend(plot, chart) + "</svg>";
}

json table_rows(const LineChart& chart) {
  const std::size_t stride = (chart.x.size() + kMostTableRows - 1) / kMostTableRows;
  json rows = json::array();
  for (std::size_t row = 0; row < chart.x.size(); ++row) {
    const bool is_best = chart.x[row] == chart.marked_epoch;
    if (row % stride != 0 && row + 1 != chart.x.size() && !is_best) continue;
    json cells = json::array();
    for (const Series& line : chart.series) {
      if (!line.is_faint) cells.push_back(value_text(chart, line, row));
    }
    rows.push_back({{"x", count_text(std::llround(chart.x[row]))}, {"cells", cells}, {"is_best", is_best}});
  }
  return rows;
}

// "Epoch"
std::string heading(std::string x_title) {
  if (!x_title.empty() && x_title[0] >= 'a' && x_title[0] <= 'z')
    x_title[0] = static_cast<char>(x_title[0] - 'a' + 'A');
  return x_title;
}

}  // namespace

json chart_values(const LineChart& chart) {
  json columns = json::array();
  for (const Series& line : chart.series) {
    if (!line.is_faint) columns.push_back(line.name);
  }
  return {{"id", chart.id},
          {"title", chart.title},
          {"svg", draw(chart)},
          {"note", ""},
          {"x_title", heading(chart.x_title)},
          {"columns", columns},
          {"rows", table_rows(chart)},
          {"thinned", chart.x.size() > kMostTableRows ? "Not every " + chart.x_title + " is listed." : ""}};
}

}  // namespace thaw::reports
