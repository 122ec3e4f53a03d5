#include "ops/magnitudes.h"

#include <algorithm>
#include <cmath>

namespace thaw {

void Magnitudes::make_room(float magnitude) {
  if (range_ == 0) range_ = magnitude;
  while (range_ < magnitude) {
    range_ *= 2;
    for (std::size_t i = 0; i < kBins; ++i) bins_[i] = i < kBins / 2 ? bins_[2 * i] + bins_[2 * i + 1] : 0;
  }
}

void Magnitudes::add(const std::vector<float>& numbers) {
  float lowest = 0, highest = 0;
  for (const float number : numbers) {
    if (!std::isfinite(number)) is_finite_ = false;
    lowest = std::min(lowest, number);
    highest = std::max(highest, number);
  }
  if (!is_finite_) return;
  has_negative_ = has_negative_ || lowest < 0;
  largest_ = std::max({largest_, highest, -lowest});
  if (largest_ == 0) return;
  make_room(largest_);
  const float per_unit = static_cast<float>(kBins) / range_;
  for (const float number : numbers) {
    if (number == 0) continue;
    ++bins_[std::min(kBins - 1, static_cast<std::size_t>(std::abs(number) * per_unit))];
  }
}

float Magnitudes::best_limit(int levels) const {
  constexpr int kTries = 96;  // limits from a quarter of the largest magnitude up to it
  const double width = static_cast<double>(range_) / kBins;
  double least = -1;
  float best = 0;
  for (int t = 0; t < kTries; ++t) {
    const double limit = largest_ * (1 - 0.75 * t / kTries), step = limit / levels;
    double error = 0;
    for (std::size_t i = 0; i < kBins; ++i) {
      if (bins_[i] == 0) continue;
      const double magnitude = (static_cast<double>(i) + 0.5) * width;
      const double kept = std::min<double>(levels, std::round(magnitude / step)) * step;
      error += static_cast<double>(bins_[i]) * (magnitude - kept) * (magnitude - kept);
    }
    if (least >= 0 && error >= least) continue;
    least = error;
    best = static_cast<float>(limit);
  }
  return best;
}

}  // namespace thaw
