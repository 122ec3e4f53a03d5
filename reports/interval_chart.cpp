#include "reports/interval_chart.h"

#include <algorithm>
#include <cmath>

#include "reports/svg.h"

namespace thaw::reports {
namespace {

constexpr double kWidth = 380, kWideWidth = 520, kLeft = 14, kTop = 6;
constexpr double kRowHeight = 40, kTextHeight = 15, kMiddle = 27;  // from the row's top
constexpr double kBelow = 44;                                      // of the axis with its title
// Both texts of a row share its width: about so many characters, and a gap.
constexpr double kLetterWidth = 6.9, kWideLetterWidth = 7.9, kBold = 1.09;  // a phone shows wide ones in larger letters
constexpr std::size_t kGapLetters = 2, kFewestLetters = 12;
// A gap of so much of the whole range leaves no room to tell the others apart.
constexpr double kFarGap = 0.6;

// Word joiners take no room, but bytes; good enough to decide what is cut.
std::size_t letters(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

void add_row(Range& range, const IntervalRow& row) {
  range.add(row.dots);
  for (const double value : {row.middle, row.low, row.high}) range.add(value);
}

// The limits within which a row's middle must lie to count for the scale.
Range near_middles(const IntervalChart& chart) {
  std::vector<double> middles;
  for (const IntervalRow& row : chart.rows) {
    if (std::isfinite(row.middle)) middles.push_back(row.middle);
  }
  Range near;
  if (middles.empty()) return near;
  const double kept = chart.mark.value_or(middles.front());
  const std::size_t rows = middles.size();
  if (chart.mark) middles.push_back(*chart.mark);
  std::sort(middles.begin(), middles.end());
  near.add(middles);
  std::size_t widest = 0;
  for (std::size_t i = 0; i + 1 < middles.size(); ++i) {
    if (middles[i + 1] - middles[i] > middles[widest + 1] - middles[widest]) widest = i;
  }
  const bool is_far =
      middles.size() > 1 && middles[widest + 1] - middles[widest] > kFarGap * (middles.back() - middles.front());
  if (!is_far) return near;
  const bool keeps_low = kept <= middles[widest];
  const std::size_t far = keeps_low ? middles.size() - widest - 1 : widest + 1;
  if (far * 2 > rows || rows < 3) return near;
  Range nearer;
  for (const double middle : middles) {
    if (keeps_low == (middle <= middles[widest])) nearer.add(middle);
  }
  return nearer;
}

bool is_near(const Range& near, const IntervalRow& row) {
  return std::isfinite(row.middle) && row.middle >= near.low() && row.middle <= near.high();
}

double inside(const Plot& plot, double value) { return std::clamp(value, plot.x.low, plot.x.high); }

// A hollow marker says something here, and a row has its name beside it.
int filled_style(const IntervalRow& row) { return row.style % kFilledStyles; }

std::string draw_dots(const Plot& plot, const IntervalRow& row, double y) {
  std::string path;
  for (const double value : row.dots) {
    if (std::isfinite(value)) path += "M" + coordinate(plot.x_of(value)) + " " + coordinate(y) + "h0";
  }
  return path.empty() ? "" : "<path class=\"dots s" + std::to_string(filled_style(row)) + "\" d=\"" + path + "\"/>";
}

std::string draw_arrow(const Plot& plot, const IntervalRow& row, double y) {
  const bool is_left = row.middle < plot.x.low;
  const double x = is_left ? plot.left : plot.right, inwards = is_left ? 9 : -9;
  return "<g class=\"" + marker_class(filled_style(row)) + (row.is_open ? " open" : "") + "\"><path d=\"M" +
         coordinate(x) + " " + coordinate(y) + "l" + coordinate(inwards) + " -5v10Z\"/></g>";
}

std::string draw_value(const Plot& plot, const IntervalRow& row, double y) {
  if (!std::isfinite(row.middle)) return {};
  if (row.middle < plot.x.low || row.middle > plot.x.high) return draw_arrow(plot, row, y);
  std::string svg = draw_dots(plot, row, y);
  if (std::isfinite(row.low) && std::isfinite(row.high)) {
    svg += svg_line(plot.x_of(inside(plot, row.low)), y, plot.x_of(inside(plot, row.high)), y,
                    "interval s" + std::to_string(filled_style(row)));
  }
  return svg + "<g class=\"" + marker_class(filled_style(row)) + (row.is_open ? " open" : "") + "\">" +
         draw_marker(plot.x_of(row.middle), y, row.style, 4.5) + "</g>";
}

std::string draw_row(const Plot& plot, const IntervalRow& row, double top) {
  const bool is_wide = plot.right - plot.left > kWidth;
  const double letter = (is_wide ? kWideLetterWidth : kLetterWidth) * (row.is_strong ? kBold : 1);
  const auto room = static_cast<std::size_t>((plot.right - plot.left) / letter);
  const std::size_t taken = letters(row.value) + kGapLetters;
  const std::size_t most = std::max(room > taken ? room - taken : 0, kFewestLetters);
  const double y = top + kMiddle;
  std::string svg = "<g>" + svg_tooltip(row.label + ": " + row.value);
  svg += svg_line(plot.left, y, plot.right, y, "grid");
  svg += svg_text(plot.left, top + kTextHeight, "start", shortened(row.label, most),
                  row.is_strong ? "strong halo" : "name halo");
  svg += svg_text(plot.right, top + kTextHeight, "end", row.value, row.is_strong ? "strong halo" : "halo");
  return svg + draw_value(plot, row, y) + "</g>";
}

}  // namespace

Range shown_range(const IntervalChart& chart) {
  const Range near = near_middles(chart);
  Range range;
  if (chart.mark) range.add(*chart.mark);
  for (const IntervalRow& row : chart.rows) {
    if (is_near(near, row)) add_row(range, row);
  }
  return range;
}

std::string draw_intervals(const IntervalChart& chart) {
  Range range = shown_range(chart);
  range.add(chart.least);
  const double bottom = kTop + kRowHeight * static_cast<double>(chart.rows.size());
  const double width = chart.is_wide ? kWideWidth : kWidth;
  const Plot plot{value_axis(range, {chart.is_share, false}), {}, kLeft, width - kLeft, kTop, bottom};
  std::string svg = svg_start(chart.id, width, bottom + kBelow, chart.title, chart.description);
  for (const double tick : plot.x.ticks) svg += svg_line(plot.x_of(tick), kTop, plot.x_of(tick), bottom, "grid");
  if (chart.mark) svg += svg_line(plot.x_of(*chart.mark), kTop, plot.x_of(*chart.mark), bottom, "mark");
  for (std::size_t i = 0; i < chart.rows.size(); ++i)
    svg += draw_row(plot, chart.rows[i], kTop + kRowHeight * static_cast<double>(i));
  svg += svg_line(plot.left, bottom, plot.right, bottom, "axis");
  return svg + draw_x_axis(plot, chart.x_title, chart.is_share) + "</svg>";
}

}  // namespace thaw::reports
