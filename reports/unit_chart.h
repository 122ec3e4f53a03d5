#pragma once

#include <string>
#include <vector>

namespace thaw::reports {

/// A point of a curve between shares.
struct UnitPoint {
  double x = 0, y = 0;
};

/// A line from point to point; `style` 0 to 5 picks its colour and dash.
struct UnitCurve {
  std::string name;  ///< what a pointer that rests on it is told
  std::vector<UnitPoint> points;
  int style = 0;
};

/// A square chart whose axes both go from 0 to 1.
struct UnitChart {
  std::string id, title, description, x_title, y_title;
  std::vector<UnitCurve> curves;
  bool has_diagonal = false;  ///< what chance gives
};

std::string draw_unit_chart(const UnitChart& chart);

/// Answers of similar probability.
struct ReliabilityBin {
  double samples = 0, probability = 0, right = 0;  ///< the mean probability, the share that was right
};

/// Equal bins over 0..1: how often what was said with a probability came true, and below how many answers each has.
struct ReliabilityDiagram {
  std::string id, title, description, x_title, y_title;
  std::vector<ReliabilityBin> bins;
};

std::string draw_reliability(const ReliabilityDiagram& diagram);

/// The stroke of a style, for a legend beside a chart.
std::string line_swatch(int style);
/// The same with its marker.
std::string marked_swatch(int style);

/// A confusion matrix as a picture, for classes too many for numbers in cells. Rows are the true class.
struct HeatMap {
  std::string id, title, description;
  std::vector<std::string> names;
  std::vector<int> shades;  ///< of each cell, row by row: 0 (nothing) to 10
};

std::string draw_heat_map(const HeatMap& map);

}  // namespace thaw::reports
