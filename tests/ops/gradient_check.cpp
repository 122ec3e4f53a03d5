#include "tests/ops/gradient_check.h"

#include <cmath>

#include "tests/reference/random.h"

namespace thaw {
namespace {

constexpr double kStep = 1e-5;
constexpr double kTolerance = 1e-6;
constexpr int kDirections = 3;
constexpr int kDraws = 40;

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

double length_of(const std::vector<double>& a) { return std::sqrt(dot(a, a)); }

struct Probe {
  double loss = 0;
  std::vector<bool> open_relus;
};

Probe probe(const Graph& forward, ValueId loss, reference::Feeds feeds, ValueId parameter,
            const std::vector<double>& move, double step) {
  std::vector<double>& numbers = feeds.at(parameter);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] += step * move[i];
  const reference::Values values = reference::evaluate(forward, feeds);
  Probe result;
  result.loss = values.at(loss).at(0);
  for (const Node& node : forward.nodes()) {
    if (node.op != "Relu" && node.attributes.text("activation") != "Relu") continue;
    for (const double y : values.at(node.outputs[0]).values) result.open_relus.push_back(y > 0);
  }
  return result;
}

}  // namespace

::testing::AssertionResult matches_differences(const Graph& forward, ValueId loss, ValueId parameter,
                                               const reference::Tensor& gradient, const reference::Feeds& feeds) {
  const auto count = static_cast<std::int64_t>(gradient.values.size());
  if (!(length_of(gradient.values) > 0)) {
    return ::testing::AssertionFailure() << "the gradient is zero everywhere, or not a number";
  }
  int checked = 0;
  double size = 1;  // of the direction's elements; halved whenever a relu was in the way
  for (int draw = 0; draw < kDraws && checked < kDirections; ++draw) {
    const auto direction = reference::random_values(count, 1000 + static_cast<std::uint64_t>(draw), -size, size);
    const Probe ahead = probe(forward, loss, feeds, parameter, direction, kStep);
    const Probe behind = probe(forward, loss, feeds, parameter, direction, -kStep);
    if (ahead.open_relus != behind.open_relus) {
      size /= 2;
      continue;
    }
    ++checked;
    const double measured = (ahead.loss - behind.loss) / (2 * kStep);
    const double claimed = dot(gradient.values, direction);
    const double typical = length_of(gradient.values) * length_of(direction) / std::sqrt(static_cast<double>(count));
    // Written so that a NaN on either side fails.
    if (!(std::abs(measured - claimed) <= kTolerance * std::max(std::abs(measured), typical))) {
      return ::testing::AssertionFailure()
             << "along direction " << draw << " the gradient says " << claimed << ", central differences " << measured;
    }
  }
  if (checked < kDirections) return ::testing::AssertionFailure() << "no direction stays off the kinks";
  return ::testing::AssertionSuccess();
}

}  // namespace thaw
