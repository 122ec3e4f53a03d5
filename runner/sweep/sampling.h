#pragma once

#include <cstdint>
#include <vector>

#include "schemas/experiment.pb.h"

namespace thaw {

/// How the points of a search are spread.
struct Spread {
  Sampling sampling = SOBOL;
  std::uint64_t seed = 1;
  int axes = 1;              ///< at most 20
  std::int64_t members = 1;  ///< LATIN_HYPERCUBE: how many parts each axis has
};

/// Points of the unit cube, one after the other: the same for the same spread, on every machine.
class PointDraw {
 public:
  explicit PointDraw(const Spread& spread) : spread_(spread) {}

  /// The next one: a number from 0 to 1, without 1, for each axis.
  std::vector<double> next();

 private:
  std::vector<double> independent_point() const;
  std::vector<double> sobol_point();
  std::vector<double> hypercube_point();

  Spread spread_;
  std::uint64_t drawn_ = 0;
  std::vector<std::vector<double>> block_;  ///< the next points, the last one first
};

}  // namespace thaw
