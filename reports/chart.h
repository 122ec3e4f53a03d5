#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace thaw::reports {

/// One line of a chart; see kStyles for `style`.
struct Series {
  std::string name;
  std::vector<double> values;  ///< one per x; NaN leaves a gap
  int style = 0;
  bool in_legend = true;                    ///< false: drawn like another one that is
  std::vector<double> low = {}, high = {};  ///< a band around the line, one per x; empty: none
  bool is_faint = false;                    ///< behind the others, without markers, not in the table
};

/// A place on the axis of epochs where something began.
struct Milestone {
  double epoch = 0;  ///< the first one of it
  std::string name;  ///< "stage 1"
  std::string text;  ///< shown when it is pointed at
};

/// Values over epochs, or over whatever else was counted.
struct LineChart {
  std::string id;  ///< stable and unique on the page: deep links name it
  std::string title;
  std::string description;  ///< for those who cannot see it
  std::vector<double> x;    ///< ascending: numbers of epochs
  std::vector<Series> series;
  std::function<std::string(double)> text;  ///< a value in the table and in tooltips
  bool is_share = false;                    ///< the axis counts per cent
  bool may_be_log = false;                  ///< a loss: logarithmic where it falls far
  double marked_epoch = 0;                  ///< a vertical line, called "best"; 0: none
  std::vector<Milestone> milestones = {};   ///< a vertical line each, before their epoch
  std::string x_title = "epoch";
  bool x_is_log = false;
  bool is_wide = false;  ///< stands alone, or two of them side by side
};

/// The values of template chart.html: the drawing and the table behind it.
nlohmann::json chart_values(const LineChart& chart);

/// Shares of a whole: one bar, cut in pieces. Piece i has the class "part-i".
std::string stacked_bar(const std::string& id, const std::string& title, const std::vector<double>& parts);

/// Counts in equal bins over 0..1 with a threshold line.
struct Histogram {
  std::string id, title, description, x_title;
  std::vector<double> counts;
  double threshold = 0;  ///< 0: none
};

std::string draw_histogram(const Histogram& histogram);

}  // namespace thaw::reports
