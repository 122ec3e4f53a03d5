#include "reports/unit_chart.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "reports/html.h"
#include "reports/number_text.h"
#include "reports/plot.h"
#include "reports/svg.h"

namespace thaw::reports {
namespace {

// Three stand side by side on a desktop, as the charts over epochs do.
constexpr double kWidth = 380, kHeight = 356;
constexpr double kLeft = 54, kRight = 368, kTop = 14, kBottom = 304;
constexpr double kStripHeight = 34, kStripGap = 12;  // of the counts below a reliability diagram

struct Frame {
  double bottom = kBottom;
  double x_of(double value) const { return kLeft + (kRight - kLeft) * value; }
  double y_of(double value) const { return bottom - (bottom - kTop) * value; }
};

double inside(double value) { return std::isfinite(value) ? std::clamp(value, 0.0, 1.0) : 0; }

std::string percent(double share) { return fixed_text(100 * share, 0) + "%"; }

std::string draw_side_title(const Frame& frame, const std::string& title) {
  const double y = (kTop + frame.bottom) / 2;
  return "<text class=\"soft\" text-anchor=\"middle\" transform=\"translate(12 " + coordinate(y) + ") rotate(-90)\">" +
         escape(title) + "</text>";
}

std::string draw_grid(const Frame& frame) {
  std::string svg;
  for (int fifth = 0; fifth <= 5; ++fifth) {
    const double value = fifth / 5.0;
    svg += svg_line(kLeft, frame.y_of(value), kRight, frame.y_of(value), fifth == 0 ? "axis" : "grid");
    svg += svg_text(kLeft - 8, frame.y_of(value) + 4, "end", percent(value));
  }
  return svg;
}

std::string draw_x_axis(double top, const std::string& title) {
  std::string svg;
  const Frame frame;
  for (int fifth = 0; fifth <= 5; ++fifth) {
    const double value = fifth / 5.0;
    svg += svg_line(frame.x_of(value), top, frame.x_of(value), top + 4, "axis");
    svg += svg_text(frame.x_of(value), top + 18, "middle", percent(value));
  }
  return svg + svg_text((kLeft + kRight) / 2, top + 38, "middle", title, "soft");
}

std::string rectangle(double x, double y, double width, double height, const std::string& class_name) {
  return "<rect class=\"" + class_name + "\" x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\" width=\"" +
         coordinate(std::max(width, 0.0)) + "\" height=\"" + coordinate(std::max(height, 0.0)) + "\"/>";
}

std::string draw_curve(const Frame& frame, const UnitCurve& curve) {
  std::string path;
  for (const UnitPoint& point : curve.points) {
    if (!std::isfinite(point.x) || !std::isfinite(point.y)) continue;
    path += (path.empty() ? "M" : "L") + coordinate(frame.x_of(inside(point.x))) + " " +
            coordinate(frame.y_of(inside(point.y)));
  }
  if (path.empty()) return {};
  return "<g>" + svg_tooltip(curve.name) + "<path class=\"line s" + std::to_string(curve.style) + "\" d=\"" + path +
         "\"/></g>";
}

std::string draw_bin(const Frame& frame, const ReliabilityDiagram& diagram, std::size_t i) {
  const ReliabilityBin& bin = diagram.bins[i];
  if (!(bin.samples > 0)) return {};
  const double bins = static_cast<double>(diagram.bins.size());
  const double x = frame.x_of(static_cast<double>(i) / bins) + 0.75, width = (kRight - kLeft) / bins - 1.5;
  const double right = inside(bin.right), said = inside(bin.probability);
  const std::string tip = percent(static_cast<double>(i) / bins) + "–" + percent(static_cast<double>(i + 1) / bins) +
                          ": " + count_text(std::llround(bin.samples)) + " answers, said " + share_text(said) +
                          ", came true " + share_text(right);
  const double high = std::max(right, said), low = std::min(right, said);
  std::string svg =
      "<g>" + svg_tooltip(tip) + rectangle(x, frame.y_of(low), width, frame.bottom - frame.y_of(low), "bar");
  svg += rectangle(x, frame.y_of(high), width, frame.y_of(low) - frame.y_of(high), "gap");
  return svg + svg_line(x, frame.y_of(said), x + width, frame.y_of(said), "said") + "</g>";
}

std::string draw_counts(const ReliabilityDiagram& diagram, double bottom) {
  double most = 0;
  for (const ReliabilityBin& bin : diagram.bins) most = std::max(most, bin.samples);
  if (!(most > 0)) return {};
  std::string svg;
  const double bins = static_cast<double>(diagram.bins.size()), step = (kRight - kLeft) / bins;
  for (std::size_t i = 0; i < diagram.bins.size(); ++i) {
    if (!(diagram.bins[i].samples > 0)) continue;
    const double height = std::max(1.0, kStripHeight * diagram.bins[i].samples / most);
    svg += rectangle(kLeft + step * static_cast<double>(i) + 0.75, bottom - height, step - 1.5, height, "count");
  }
  return svg + svg_text(kLeft - 8, bottom - kStripHeight / 2 + 4, "end", "answers") +
         svg_line(kLeft, bottom, kRight, bottom, "axis");
}

}  // namespace

std::string draw_unit_chart(const UnitChart& chart) {
  const Frame frame;
  std::string svg = svg_start(chart.id, kWidth, kHeight, chart.title, chart.description);
  svg += draw_grid(frame) + draw_x_axis(kBottom, chart.x_title) + draw_side_title(frame, chart.y_title);
  if (chart.has_diagonal) svg += svg_line(frame.x_of(0), frame.y_of(0), frame.x_of(1), frame.y_of(1), "mark");
  for (const UnitCurve& curve : chart.curves) svg += draw_curve(frame, curve);
  return svg + "</svg>";
}

std::string draw_reliability(const ReliabilityDiagram& diagram) {
  const Frame frame{kBottom - kStripHeight - kStripGap};
  std::string svg = svg_start(diagram.id, kWidth, kHeight, diagram.title, diagram.description);
  svg += draw_grid(frame) + draw_side_title(frame, diagram.y_title);
  for (std::size_t i = 0; i < diagram.bins.size(); ++i) svg += draw_bin(frame, diagram, i);
  svg += svg_line(frame.x_of(0), frame.y_of(0), frame.x_of(1), frame.y_of(1), "mark");
  return svg + draw_counts(diagram, kBottom) + draw_x_axis(kBottom, diagram.x_title) + "</svg>";
}

std::string line_swatch(int style) {
  return "<svg aria-hidden=\"true\" viewBox=\"0 0 30 14\"><path class=\"" + line_class(style) +
         "\" d=\"M2 7L28 7\"/></svg>";
}

std::string marked_swatch(int style) {
  return "<svg aria-hidden=\"true\" viewBox=\"0 0 30 14\"><path class=\"" + line_class(style) +
         "\" d=\"M2 7L28 7\"/><g class=\"" + marker_class(style) + "\">" + draw_marker(15, 7, style, 4) + "</g></svg>";
}

std::string draw_heat_map(const HeatMap& map) {
  constexpr double kNames = 124, kGap = 4, kMostSide = 940;  // in all, the width of the page
  constexpr std::size_t kLongestName = 25;
  const std::size_t classes = map.names.size();
  const double cell = std::clamp(std::floor(kMostSide / static_cast<double>(classes)), 9.0, 18.0);
  const double side = cell * static_cast<double>(classes), size = kNames + kGap + side;
  std::string svg = svg_start(map.id, size, size, map.title, map.description);
  // At its own size, which may be scrolled: shrunk to a phone, nobody could read it.
  svg.insert(svg.find(" role="), " width=\"" + coordinate(size) + "\" height=\"" + coordinate(size) + "\"");
  svg += rectangle(kNames + kGap, kNames + kGap, side, side, "empty");
  const std::string edge = coordinate(cell - 1), ink = "h" + edge + "v" + edge + "h-" + edge + "z";
  std::array<std::string, 11> hits, misses;
  for (std::size_t i = 0; i < map.shades.size(); ++i) {
    const std::size_t row = i / classes, column = i % classes;
    const int shade = std::clamp(map.shades[i], 0, 10);
    if (shade == 0) continue;
    (row == column ? hits : misses)[static_cast<std::size_t>(shade)] +=
        "M" + coordinate(kNames + kGap + cell * static_cast<double>(column)) + " " +
        coordinate(kNames + kGap + cell * static_cast<double>(row)) + ink;
  }
  for (std::size_t shade = 1; shade <= 10; ++shade) {
    for (const auto& [cells, kind] : {std::pair(&hits, "hit"), std::pair(&misses, "miss")}) {
      const std::string& path = (*cells)[shade];
      if (!path.empty()) svg += "<path class=\"" + (kind + std::to_string(shade)) + "\" d=\"" + path + "\"/>";
    }
  }
  for (std::size_t i = 0; i < classes; ++i) {
    const double middle = kNames + kGap + cell * (static_cast<double>(i) + 0.5);
    const std::string name = shortened(map.names[i], kLongestName);
    svg += svg_text(kNames, middle + 3, "end", name);
    svg += "<text transform=\"translate(" + coordinate(middle + 3) + " " + coordinate(kNames) + ") rotate(-90)\">" +
           escape(name) + "</text>";
  }
  return svg + "</svg>";
}

}  // namespace thaw::reports
