#include "reports/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace thaw::reports {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double ratio(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : kNaN;
}

}  // namespace

ShareInterval wilson_interval(double share, std::int64_t samples) {
  if (samples <= 0 || !(share >= 0 && share <= 1)) return {};
  constexpr double z = 1.959963984540054;  // the normal distribution's 97.5 % quantile
  const double n = static_cast<double>(samples);
  const double centre = share + z * z / (2 * n);
  const double reach = z * std::sqrt(share * (1 - share) / n + z * z / (4 * n * n));
  const double scale = 1 + z * z / n;
  return {std::max(0.0, (centre - reach) / scale), std::min(1.0, (centre + reach) / scale)};
}

Summary summarize(const std::vector<double>& values) {
  std::vector<double> finite;
  std::copy_if(values.begin(), values.end(), std::back_inserter(finite), [](double v) { return std::isfinite(v); });
  Summary summary{static_cast<int>(finite.size()), kNaN, kNaN, kNaN, kNaN};
  if (finite.empty()) return summary;
  double sum = 0;
  for (const double value : finite) sum += value;
  summary.mean = sum / summary.count;
  double squares = 0;
  for (const double value : finite) squares += (value - summary.mean) * (value - summary.mean);
  if (summary.count > 1) summary.standard_deviation = std::sqrt(squares / (summary.count - 1));
  const auto [low, high] = std::minmax_element(finite.begin(), finite.end());
  summary.min = *low;
  summary.max = *high;
  return summary;
}

ClassScore score_class(std::int64_t true_positives, std::int64_t false_positives, std::int64_t false_negatives) {
  const std::int64_t truly = true_positives + false_negatives, called = true_positives + false_positives;
  ClassScore score;
  score.samples = truly;
  score.precision = ratio(true_positives, called);
  score.recall = ratio(true_positives, truly);
  score.f1 = ratio(2 * true_positives, truly + called);
  return score;
}

std::vector<ClassScore> score_classes(const Confusion& confusion) {
  std::vector<ClassScore> scores;
  for (int label = 0; label < confusion.classes; ++label) {
    std::int64_t truly = 0, predicted = 0;
    for (int other = 0; other < confusion.classes; ++other) {
      truly += confusion.at(label, other);
      predicted += confusion.at(other, label);
    }
    const std::int64_t right = confusion.at(label, label);
    scores.push_back(score_class(right, predicted - right, truly - right));
    scores.back().label = label;
  }
  return scores;
}

}  // namespace thaw::reports
