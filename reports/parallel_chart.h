#pragma once

#include <string>
#include <utility>
#include <vector>

namespace thaw::reports {

/// One upright of a chart of parallel coordinates.
struct ParallelAxis {
  std::string name;
  std::vector<std::pair<double, std::string>> ticks;  ///< where on it, 0 (bottom) to 1, and what stands there
};

/// One combination: where it crosses each axis, 0 to 1; NaN: it does not.
struct ParallelLine {
  std::vector<double> places;
  int shade = 0;     ///< 0 (worst) to kParallelShades - 1; better ones are drawn over worse ones
  std::string name;  ///< what a pointer that rests on it is told; empty: nothing
};

inline constexpr int kParallelShades = 5;

struct ParallelChart {
  std::string id, title, description = {};
  std::vector<ParallelAxis> axes = {};
  std::vector<ParallelLine> lines = {};
};

/// At its own width, which may be scrolled: shrunk to a phone, nobody could read it.
std::string draw_parallel(const ParallelChart& chart);

}  // namespace thaw::reports
