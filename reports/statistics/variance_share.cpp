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

using Vector = std::vector<double>;

constexpr double kMostOperations = 4e8;  // of all permutations of one factor

double dot(const Vector& a, const Vector& b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0); }

// An orthonormal basis of what columns span, by modified Gram and Schmidt, twice for accuracy.
class Basis {
 public:
  // True if the column added a dimension.
  bool add(Vector column) {
    const double before = std::sqrt(dot(column, column));
    for (int pass = 0; pass < 2; ++pass) {
      for (const Vector& axis : axes_) subtract(column, axis, dot(axis, column));
    }
    const double length = std::sqrt(dot(column, column));
    if (!(length > 1e-9 * before)) return false;
    for (double& x : column) x /= length;
    axes_.push_back(std::move(column));
    return true;
  }

  void add_groups(const std::vector<int>& group) {
    const int groups = *std::max_element(group.begin(), group.end()) + 1;
    for (int g = 0; g < groups; ++g) {
      Vector column;
      for (const int member : group) column.push_back(member == g ? 1 : 0);
      add(std::move(column));
    }
  }

  // What is left of the values.
  Vector residual(Vector values) const {
    for (const Vector& axis : axes_) subtract(values, axis, dot(axis, values));
    return values;
  }

  // Of the values, along the axes from `first` on.
  double squares(const Vector& values, std::size_t first = 0) const {
    double sum = 0;
    for (std::size_t i = first; i < axes_.size(); ++i) {
      const double along = dot(axes_[i], values);
      sum += along * along;
    }
    return sum;
  }

  std::size_t size() const { return axes_.size(); }

 private:
  static void subtract(Vector& values, const Vector& axis, double times) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] -= times * axis[i];
  }

  std::vector<Vector> axes_;
};

// Fisher and Yates; the permutation's number and the place are Philox's counter.
void shuffle(Vector& values, std::uint32_t permutation) {
  const r123::Philox4x32::key_type key{{0x73776565U, 0x70000002U}};
  for (std::size_t i = values.size() - 1; i > 0; --i) {
    const auto numbers = r123::Philox4x32()({{static_cast<std::uint32_t>(i), permutation, 0, 0}}, key);
    std::swap(values[i], values[std::uint64_t{numbers[0]} * (i + 1) >> 32]);
  }
}

int count_groups(const std::vector<int>& group) {
  return static_cast<int>(std::set<int>(group.begin(), group.end()).size());
}

Basis mean_basis(std::size_t count) {
  Basis basis;
  basis.add(Vector(count, 1));
  return basis;
}

// The factor's F among the values: its axes are those of `full` from `others` on.
double f_statistic(const Basis& full, std::size_t others, const Vector& values) {
  const double explained = full.squares(values, others);
  const double left = std::max(0.0, dot(values, values) - full.squares(values));
  const auto df = static_cast<double>(full.size() - others), df_left = static_cast<double>(values.size() - full.size());
  return explained / df / (left / df_left);
}

double permutation_p_value(const Basis& full, std::size_t others, Vector residuals) {
  const double found = f_statistic(full, others, residuals);
  const double operations = static_cast<double>(residuals.size() * full.size());
  const int permutations = std::clamp(static_cast<int>(kMostOperations / operations), 99, kPermutations);
  int as_much = 1;
  for (int i = 0; i < permutations; ++i) {
    shuffle(residuals, static_cast<std::uint32_t>(i));
    if (f_statistic(full, others, residuals) >= found * (1 - 1e-9)) ++as_much;
  }
  return static_cast<double>(as_much) / (permutations + 1);
}

VarianceShare share_of(const Basis& others, const std::vector<int>& group, const Vector& values, double total) {
  VarianceShare share{kNaN, kNaN, kNaN, count_groups(group)};
  Basis full = others;
  full.add_groups(group);
  if (full.size() == others.size() || full.size() >= values.size()) return share;
  const Vector residuals = others.residual(values);
  if (dot(residuals, residuals) <= 1e-18 * total) return {0, 0, 1, share.groups};  // the others leave nothing to explain
  const auto df = static_cast<double>(full.size() - others.size());
  const double left = std::max(0.0, dot(values, values) - full.squares(values));
  const double error = left / static_cast<double>(values.size() - full.size());
  share.epsilon_squared = std::max(0.0, (full.squares(values, others.size()) - df * error) / total);
  share.f_statistic = f_statistic(full, others.size(), residuals);
  share.p_value = permutation_p_value(full, others.size(), residuals);
  return share;
}

}  // namespace

std::vector<VarianceShare> variance_shares(const std::vector<double>& values,
                                           const std::vector<std::vector<int>>& factors) {
  const std::size_t count = values.size();
  std::vector<VarianceShare> shares(factors.size(), {kNaN, kNaN, kNaN, 0});
  if (count < 3) return shares;
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(count);
  Vector deviations;
  for (const double value : values) deviations.push_back(value - mean);
  const double total = dot(deviations, deviations);
  if (!(total > 1e-24 * std::max(1.0, mean * mean) * static_cast<double>(count))) return shares;
  std::size_t parameters = 1;
  for (const auto& factor : factors) parameters += static_cast<std::size_t>(count_groups(factor)) - 1;
  const bool are_alone = parameters + 2 > count;
  for (std::size_t f = 0; f < factors.size(); ++f) {
    // A factor with a group for each value explains everything, and nothing: others are judged without it.
    if (count_groups(factors[f]) + 1 > static_cast<int>(count)) continue;
    Basis others = mean_basis(count);
    for (std::size_t other = 0; other < factors.size() && !are_alone; ++other) {
      if (other != f) others.add_groups(factors[other]);
    }
    shares[f] = share_of(others, factors[f], deviations, total);
  }
  return shares;
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
