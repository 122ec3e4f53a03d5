#include "reports/interval_chart.h"

#include <algorithm>
#include <cmath>

#include "reports/svg.h"

namespace thaw::reports {
namespace {

constexpr double kWidth = 380, kLeft = 14, kRight = 366, kTop = 6;
constexpr double kRowHeight = 40, kTextHeight = 15, kMiddle = 27;  // from the row's top
constexpr double kBelow = 44;                                      // of the axis with its title
// Both texts of a row share its width: about so many characters.
constexpr std::size_t kLettersInRow = 56, kFewestLetters = 12;

// Word joiners take no room, but bytes; good enough to decide what is cut.
std::size_t letters(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string draw_dots(const Plot& plot, const IntervalRow& row, double y) {
  std::string path;
  for (const double value : row.dots) {
    if (std::isfinite(value)) path += "M" + coordinate(plot.x_of(value)) + " " + coordinate(y) + "h0";
  }
  return path.empty() ? "" : "<path class=\"dots s" + std::to_string(row.style) + "\" d=\"" + path + "\"/>";
}

std::string draw_row(const Plot& plot, const IntervalRow& row, double top) {
  const double y = top + kMiddle;
  const std::size_t taken = letters(row.value);
  const std::size_t room = taken + kFewestLetters < kLettersInRow ? kLettersInRow - taken : kFewestLetters;
  std::string svg = "<g>" + svg_tooltip(row.label + ": " + row.value);
  svg += svg_text(kLeft, top + kTextHeight, "start", shortened(row.label, room), row.is_strong ? "strong" : "name");
  svg += svg_text(kRight, top + kTextHeight, "end", row.value, row.is_strong ? "strong" : "");
  svg += svg_line(kLeft, y, kRight, y, "grid") + draw_dots(plot, row, y);
  if (!std::isfinite(row.middle)) return svg + "</g>";
  const std::string style = std::to_string(row.style);
  if (std::isfinite(row.low) && std::isfinite(row.high))
    svg += svg_line(plot.x_of(row.low), y, plot.x_of(row.high), y, "interval s" + style);
  return svg + "<g class=\"" + marker_class(row.style) + (row.is_open ? " open" : "") + "\">" +
         draw_marker(plot.x_of(row.middle), y, row.style, 4.5) + "</g></g>";
}

}  // namespace

void add_to_range(Range& range, const IntervalRow& row) {
  range.add(row.dots);
  for (const double value : {row.middle, row.low, row.high}) range.add(value);
}

std::string draw_intervals(const IntervalChart& chart) {
  const double bottom = kTop + kRowHeight * static_cast<double>(chart.rows.size());
  Plot plot{value_axis(chart.range, {chart.is_share, false}), {}, kLeft, kRight, kTop, bottom};
  std::string svg = svg_start(chart.id, kWidth, bottom + kBelow, chart.title, chart.description);
  for (const double tick : plot.x.ticks) svg += svg_line(plot.x_of(tick), kTop, plot.x_of(tick), bottom, "grid");
  if (chart.mark) svg += svg_line(plot.x_of(*chart.mark), kTop, plot.x_of(*chart.mark), bottom, "mark");
  for (std::size_t i = 0; i < chart.rows.size(); ++i)
    svg += draw_row(plot, chart.rows[i], kTop + kRowHeight * static_cast<double>(i));
  svg += svg_line(kLeft, bottom, kRight, bottom, "axis");
  return svg + draw_x_axis(plot, chart.x_title, chart.is_share) + "</svg>";
}

}  // namespace thaw::reports
