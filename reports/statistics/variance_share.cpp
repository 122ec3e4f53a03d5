#include "reports/statistics/variance_share.h"

#include <Random123/philox.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <set>

namespace thaw::reports {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kValuesOfBin = 5;
constexpr std::size_t kMostBins = 6;

// The sum of squares between groups; the values' mean is 0.
class Between {
 public:
  explicit Between(const std::vector<int>& group) : group_(group) {
    for (const int g : group) {
      if (static_cast<std::size_t>(g) >= counts_.size()) counts_.resize(g + 1, 0);
      ++counts_[g];
    }
    sums_.resize(counts_.size());
  }

  double operator()(const std::vector<double>& values) {
    std::fill(sums_.begin(), sums_.end(), 0);
    for (std::size_t i = 0; i < values.size(); ++i) sums_[group_[i]] += values[i];
    double squares = 0;
    for (std::size_t g = 0; g < sums_.size(); ++g) {
      if (counts_[g] > 0) squares += sums_[g] * sums_[g] / counts_[g];
    }
    return squares;
  }

  int groups() const {
    return static_cast<int>(std::count_if(counts_.begin(), counts_.end(), [](double n) { return n > 0; }));
  }

 private:
  const std::vector<int>& group_;
  std::vector<double> counts_, sums_;
};

// Fisher and Yates; the permutation's number and the place are Philox's counter.
void shuffle(std::vector<double>& values, std::uint32_t permutation) {
  const r123::Philox4x32::key_type key{{0x73776565U, 0x70000002U}};
  for (std::size_t i = values.size() - 1; i > 0; --i) {
    const auto numbers = r123::Philox4x32()({{static_cast<std::uint32_t>(i), permutation, 0, 0}}, key);
    std::swap(values[i], values[std::uint64_t{numbers[0]} * (i + 1) >> 32]);
  }
}

}  // namespace

VarianceShare variance_share(const std::vector<double>& values, const std::vector<int>& group) {
  const std::size_t count = values.size();
  VarianceShare share{kNaN, kNaN, kNaN, 0};
  if (count < 3) return share;
  Between between(group);
  share.groups = between.groups();
  if (share.groups < 2 || share.groups >= static_cast<int>(count)) return share;
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(count);
  std::vector<double> deviations;
  for (const double value : values) deviations.push_back(value - mean);
  const double total = std::inner_product(deviations.begin(), deviations.end(), deviations.begin(), 0.0);
  if (!(total > 1e-24 * std::max(1.0, mean * mean) * static_cast<double>(count))) return share;
  const double explained = between(deviations);
  share.eta_squared = explained / total;
  const double expected = (share.groups - 1) / static_cast<double>(count - 1);
  share.epsilon_squared = std::max(0.0, (share.eta_squared - expected) / (1 - expected));
  int as_much = 1;
  for (int permutation = 0; permutation < kPermutations; ++permutation) {
    shuffle(deviations, static_cast<std::uint32_t>(permutation));
    if (between(deviations) >= explained * (1 - 1e-9)) ++as_much;
  }
  share.p_value = static_cast<double>(as_much) / (kPermutations + 1);
  return share;
}

Grouping group_numbers(const std::vector<double>& numbers) {
  const std::set<double> distinct(numbers.begin(), numbers.end());
  Grouping grouping;
  if (distinct.size() * 3 <= numbers.size()) {
    for (const double number : numbers) {
      grouping.group.push_back(static_cast<int>(std::distance(distinct.begin(), distinct.find(number))));
    }
    grouping.groups = static_cast<int>(distinct.size());
    return grouping;
  }
  const std::size_t bins = std::clamp<std::size_t>(numbers.size() / kValuesOfBin, 2, kMostBins);
  std::vector<double> sorted = numbers;
  std::sort(sorted.begin(), sorted.end());
  for (const double number : numbers) {
    const auto rank = static_cast<std::size_t>(std::lower_bound(sorted.begin(), sorted.end(), number) - sorted.begin());
    grouping.group.push_back(static_cast<int>(rank * bins / numbers.size()));
  }
  grouping.groups = static_cast<int>(std::set<int>(grouping.group.begin(), grouping.group.end()).size());
  grouping.is_binned = true;
  return grouping;
}

}  // namespace thaw::reports
