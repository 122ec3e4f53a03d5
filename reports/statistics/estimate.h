#pragma once

#include <limits>

namespace thaw::reports {

/// A 95 % interval; NaN where nothing can be said.
struct Interval {
  double low = std::numeric_limits<double>::quiet_NaN(), high = std::numeric_limits<double>::quiet_NaN();

  bool is_known() const { return low <= high; }
  bool excludes(double value) const { return low > value || high < value; }
};

/// How an interval was found.
enum class IntervalMethod {
  kNone,        ///< one seed, or none
  kStudent,     ///< two to four seeds: resampling them cannot give an interval as wide as it must be
  kEnumerated,  ///< bootstrap over all multisets of the seeds
  kResampled,   ///< bootstrap over a fixed draw of them
};

/// A mean over seeds.
struct Estimate {
  int count = 0;  ///< seeds in it
  double mean = std::numeric_limits<double>::quiet_NaN();
  Interval interval;
  IntervalMethod method = IntervalMethod::kNone;
};

}  // namespace thaw::reports
