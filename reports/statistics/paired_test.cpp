#include "reports/statistics/paired_test.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "reports/statistics.h"
#include "reports/statistics/distributions.h"

namespace thaw::reports {

double paired_p_value(const std::vector<double>& differences) {
  const Summary summary = summarize(differences);
  if (summary.count < 2) return std::numeric_limits<double>::quiet_NaN();
  // Differences of shares that are equal but for rounding have no spread either.
  const double least_spread = 1e-12 * std::max(1e-12, std::abs(summary.mean));
  if (summary.standard_deviation <= least_spread) return summary.mean == 0 ? 1 : std::ldexp(2.0, -summary.count);
  const double t = summary.mean / (summary.standard_deviation / std::sqrt(summary.count));
  return student_two_sided(t, summary.count - 1);
}

std::vector<double> holm_corrected(const std::vector<double>& p_values) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p_values.size(); ++i) {
    if (!std::isnan(p_values[i])) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> corrected(p_values.size(), std::numeric_limits<double>::quiet_NaN());
  double greatest = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    greatest = std::max(greatest, static_cast<double>(order.size() - i) * p_values[order[i]]);
    corrected[order[i]] = std::min(1.0, greatest);
  }
  return corrected;
}

}  // namespace thaw::reports
