#include "reports/parallel_chart.h"

#include <algorithm>
#include <cmath>

#include "reports/html.h"
#include "reports/plot.h"
#include "reports/svg.h"

namespace thaw::reports {
namespace {

constexpr double kHeight = 340, kTop = 40, kBottom = 320, kSide = 92;
constexpr double kWidth = 1072, kLeastGap = 130;  // the page's, if the axes have room on it
constexpr std::size_t kLongestTick = 14, kLongestName = 22;
constexpr std::size_t kManyLines = 150;  // are drawn thinner, or the best ones hide each other

struct Uprights {
  double gap = 0;
  double x_of(std::size_t axis) const { return kSide + gap * static_cast<double>(axis); }
  static double y_of(double place) { return kBottom - (kBottom - kTop) * place; }
};

std::string draw_line(const Uprights& uprights, const ParallelLine& line) {
  std::string path;
  bool is_down = false;
  for (std::size_t i = 0; i < line.places.size(); ++i) {
    if (!std::isfinite(line.places[i])) {
      is_down = false;
      continue;
    }
    path += (is_down ? "L" : "M") + coordinate(uprights.x_of(i)) + " " + coordinate(Uprights::y_of(line.places[i]));
    is_down = true;
  }
  if (path.empty()) return {};
  const std::string drawn = "<path d=\"" + path + "\"";
  return line.name.empty() ? drawn + "/>" : drawn + ">" + svg_tooltip(line.name) + "</path>";
}

std::string draw_upright(double x, const ParallelAxis& axis) {
  std::string svg = "<g>" + svg_tooltip(axis.name) + svg_line(x, kTop, x, kBottom, "axis") +
                    svg_text(x, kTop - 18, "middle", shortened(axis.name, kLongestName), "name") + "</g>";
  for (const auto& [place, text] : axis.ticks) {
    const double y = Uprights::y_of(place);
    svg += svg_line(x - 4, y, x, y, "axis") + svg_text(x - 8, y + 4, "end", shortened(text, kLongestTick), "halo");
  }
  return svg;
}

}  // namespace

std::string draw_parallel(const ParallelChart& chart) {
  const double gaps = std::max<double>(1, static_cast<double>(chart.axes.size()) - 1);
  const Uprights uprights{std::max(kLeastGap, std::min((kWidth - 1.4 * kSide) / gaps, 300.0))};
  const double width = uprights.gap * gaps + 1.6 * kSide;
  std::string svg = svg_start(chart.id, width, kHeight, chart.title, chart.description);
  svg.insert(svg.find(" role="), " width=\"" + coordinate(width) + "\" height=\"" + coordinate(kHeight) + "\"");
  const std::string many = chart.lines.size() > kManyLines ? " many" : "";
  for (int shade = 0; shade < kParallelShades; ++shade) {
    std::string lines;
    for (const ParallelLine& line : chart.lines) {
      if (line.shade == shade) lines += draw_line(uprights, line);
    }
    if (!lines.empty()) svg += "<g class=\"shade" + std::to_string(shade) + many + "\">" + lines + "</g>";
  }
  for (std::size_t i = 0; i < chart.axes.size(); ++i) svg += draw_upright(uprights.x_of(i), chart.axes[i]);
  return svg + "</svg>";
}

}  // namespace thaw::reports
