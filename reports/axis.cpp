#include "reports/axis.h"

#include <algorithm>
#include <cmath>

namespace thaw::reports {
namespace {

// The 1-2-5 step nearest above span / count.
double round_step(double span, int count) {
  const double raw = span / count;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (raw <= factor * power * (1 + 1e-9)) return factor * power;
  }
  return 10 * power;
}

std::vector<double> ticks_between(double low, double high, double step) {
  std::vector<double> ticks;
  const auto first = static_cast<long long>(std::ceil(low / step - 1e-9));
  const auto last = static_cast<long long>(std::floor(high / step + 1e-9));
  for (long long i = first; i <= last; ++i) ticks.push_back(static_cast<double>(i) * step);
  return ticks;
}

}  // namespace

double Axis::position(double value) const {
  if (is_log) return (std::log(value) - std::log(low)) / (std::log(high) - std::log(low));
  return (value - low) / (high - low);
}

Axis linear_axis(double low, double high, int wanted_ticks) {
  // Values too close to tell apart in double steps: give them room.
  if (!(high - low > 1e-9 * std::max(std::abs(low), std::abs(high)))) {
    const double room = low == 0 ? 1 : std::abs(low) * 0.1;
    low -= room;
    high += room;
  }
  const double step = round_step(high - low, wanted_ticks);
  low = std::floor(low / step + 1e-9) * step;
  high = std::ceil(high / step - 1e-9) * step;
  return {low, high, false, ticks_between(low, high, step)};
}

Axis log_axis(double low, double high) {
  Axis axis{low / 1.1, high * 1.1, true, {}};
  const double decades = std::log10(high) - std::log10(low);  // the quotient might overflow
  const bool only_powers = decades >= 3;
  const int stride = std::max(1, static_cast<int>(decades / 8));
  for (int power = static_cast<int>(std::floor(std::log10(axis.low))); std::pow(10, power) <= axis.high;
       power += stride) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double tick = factor * std::pow(10, power);
      const bool is_wanted = factor == 1 || !only_powers;
      if (is_wanted && tick >= axis.low && tick <= axis.high) axis.ticks.push_back(tick);
    }
  }
  return axis;
}

Axis counting_axis(double low, double high, int wanted_ticks) {
  if (high <= low) return {low - 0.5, low + 0.5, false, {low}};
  const double step = std::max(1.0, round_step(high - low, wanted_ticks));
  Axis axis{low, high, false, ticks_between(low, high, step)};
  // Epochs count from 1, which no round step hits.
  if (axis.ticks.empty() || axis.ticks.front() - low >= step / 2) axis.ticks.insert(axis.ticks.begin(), low);
  return axis;
}

}  // namespace thaw::reports
