#include <algorithm>
#include <cmath>
#include <numeric>

#include "reports/axis.h"
#include "reports/chart.h"
#include "reports/number_text.h"
#include "reports/svg.h"

namespace thaw::reports {
namespace {

constexpr double kWidth = 520, kHeight = 270;
constexpr double kLeft = 52, kRight = 508, kTop = 28, kBottom = 222;

std::string rectangle(double x, double y, double width, double height, const std::string& class_name,
                      const std::string& tip) {
  return "<rect x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\" width=\"" + coordinate(width) + "\" height=\"" +
         coordinate(height) + "\" class=\"" + class_name + "\">" + svg_tooltip(tip) + "</rect>";
}

std::string draw_bars(const Histogram& histogram, const Axis& counts) {
  std::string svg;
  const double bins = static_cast<double>(histogram.counts.size());
  const double step = (kRight - kLeft) / bins;
  for (std::size_t bin = 0; bin < histogram.counts.size(); ++bin) {
    const double low = static_cast<double>(bin) / bins, high = static_cast<double>(bin + 1) / bins;
    const double height = (kBottom - kTop) * counts.position(histogram.counts[bin]);
    // A bin is below the threshold only if all of it is.
    const bool is_below = high <= histogram.threshold + 1e-9;
    svg += rectangle(kLeft + step * static_cast<double>(bin) + 0.5, kBottom - height, std::max(step - 1, 0.5), height,
                     is_below ? "bar below" : "bar",
                     fixed_text(low, 2) + "–" + fixed_text(high, 2) + ": " +
                         count_text(static_cast<std::int64_t>(histogram.counts[bin])));
  }
  return svg;
}

std::string draw_histogram_axes(const Histogram& histogram, const Axis& counts) {
  std::string svg;
  for (const double tick : counts.ticks) {
    const double y = kBottom - (kBottom - kTop) * counts.position(tick);
    svg += svg_line(kLeft, y, kRight, y, "grid");
    svg += svg_text(kLeft - 8, y + 4, "end", count_text(std::llround(tick)));
  }
  for (int tenth = 0; tenth <= 10; tenth += 2) {
    svg += svg_text(kLeft + (kRight - kLeft) * tenth / 10, kBottom + 18, "middle", fixed_text(tenth / 10.0, 1));
  }
  return svg + svg_text((kLeft + kRight) / 2, kBottom + 38, "middle", histogram.x_title, "soft");
}

std::string draw_threshold(double threshold) {
  const double x = kLeft + (kRight - kLeft) * threshold;
  const bool is_at_right = threshold > 0.5;
  return svg_line(x, kTop - 16, x, kBottom, "mark") + svg_text(x + (is_at_right ? -5 : 5), kTop - 8,
                                                               is_at_right ? "end" : "start",
                                                               "threshold " + plain_text(threshold), "mark-text");
}

}  // namespace

std::string draw_histogram(const Histogram& histogram) {
  const double most = *std::max_element(histogram.counts.begin(), histogram.counts.end());
  const Axis counts = linear_axis(0, std::max(most, 4.0), 4);
  std::string svg = svg_start(histogram.id, kWidth, kHeight, histogram.title, histogram.description);
  svg += draw_histogram_axes(histogram, counts) + draw_bars(histogram, counts);
  svg += svg_line(kLeft, kBottom, kRight, kBottom, "axis");
  if (histogram.threshold > 0) svg += draw_threshold(histogram.threshold);
  return svg + "</svg>";
}

std::string stacked_bar(const std::string& id, const std::string& title, const std::vector<double>& parts) {
  constexpr double width = 1000, height = 28;
  const double total = std::accumulate(parts.begin(), parts.end(), 0.0);
  std::string svg = svg_start(id, width, height, title, "The table below gives the numbers.");
  // Stretched to the column's width: nothing in it is text.
  svg.insert(svg.find(" role="), " preserveAspectRatio=\"none\" class=\"stack\"");
  double x = 0;
  for (std::size_t i = 0; i < parts.size() && total > 0; ++i) {
    const double part = width * parts[i] / total;
    svg += rectangle(x, 0, part, height, "part-" + std::to_string(i), share_text(parts[i] / total));
    x += part;
  }
  return svg + "</svg>";
}

}  // namespace thaw::reports
