// Reductions from the ONNX text: ReduceSum-13, ReduceMean-18, ReduceMax-18, ReduceMin-18, ReduceProd-18, ReduceL1-18,
// ReduceL2-18, ReduceSumSquare-18, ReduceLogSum-18, ReduceLogSumExp-18, ArgMax-13, ArgMin-13. A group is the row-major
// list of the elements that make one result.
#include <algorithm>
#include <cmath>

#include "tests/reference/broadcast.h"
#include "tests/reference/functions.h"

namespace thaw::reference {
namespace {

/// The groups of a tensor, by result.
struct Grouping {
  Shape shape;  ///< of the result
  std::vector<std::vector<std::int64_t>> groups;
};

Grouping group(const Shape& shape, std::vector<std::int64_t> axes, bool keeps_axes) {
  const auto rank = static_cast<std::int64_t>(shape.size());
  for (std::int64_t& axis : axes) axis = (axis + rank) % rank;
  const auto is_reduced = [&](std::size_t axis) {
    return axes.empty() || std::count(axes.begin(), axes.end(), static_cast<std::int64_t>(axis)) > 0;
  };
  Grouping result;
  Shape kept = shape;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (is_reduced(axis)) kept[axis] = 1;
    if (keeps_axes || !is_reduced(axis)) result.shape.push_back(kept[axis]);
  }
  result.groups.resize(static_cast<std::size_t>(element_count(kept)));
  for (std::int64_t i = 0; i < element_count(shape); ++i) {
    result.groups.at(static_cast<std::size_t>(element_at(place_of(i, shape), kept))).push_back(i);
  }
  return result;
}

Grouping grouping_of(const Call& call, const Shape& shape) {
  const Attributes& attributes = call.node.attributes;
  return group(shape, attributes.integers("axes"), attributes.integer("keepdims", 1) != 0);
}

using Numbers = std::vector<double>;
using Fold = double (*)(const Numbers& x);

double sum(const Numbers& x) {
  double total = 0;
  for (const double value : x) total += value;
  return total;
}
double mean(const Numbers& x) { return sum(x) / static_cast<double>(x.size()); }
double largest(const Numbers& x) { return *std::max_element(x.begin(), x.end()); }
double smallest(const Numbers& x) { return *std::min_element(x.begin(), x.end()); }
double product(const Numbers& x) {
  double total = 1;
  for (const double value : x) total *= value;
  return total;
}
double l1(const Numbers& x) {
  double total = 0;
  for (const double value : x) total += std::abs(value);
  return total;
}
double sum_square(const Numbers& x) {
  double total = 0;
  for (const double value : x) total += value * value;
  return total;
}
double l2(const Numbers& x) { return std::sqrt(sum_square(x)); }
double log_sum(const Numbers& x) { return std::log(sum(x)); }
double log_sum_exp(const Numbers& x) {
  const double top = largest(x);
  double total = 0;
  for (const double value : x) total += std::exp(value - top);
  return top + std::log(total);
}

Numbers numbers_of(const Tensor& x, const std::vector<std::int64_t>& members) {
  Numbers numbers;
  for (const std::int64_t i : members) numbers.push_back(x.at(i));
  return numbers;
}

template <Fold fold>
std::vector<Tensor> reduce(const Call& call) {
  const Grouping grouping = grouping_of(call, call.in(0).shape);
  Tensor y(grouping.shape);
  for (std::size_t g = 0; g < grouping.groups.size(); ++g) {
    y.values[g] = fold(numbers_of(call.in(0), grouping.groups[g]));
  }
  return {y};
}

/// d(result) / d(x[k]) of a group.
using Slope = double (*)(const Numbers& x, std::size_t k, double y);

double sign_of(const Numbers& x, std::size_t k, double) { return x[k] > 0 ? 1 : x[k] < 0 ? -1 : 0; }
double l2_slope(const Numbers& x, std::size_t k, double y) { return y == 0 ? 0 : x[k] / y; }
double square_slope(const Numbers& x, std::size_t k, double) { return 2 * x[k]; }
double log_sum_slope(const Numbers&, std::size_t, double y) { return 1 / std::exp(y); }
double log_sum_exp_slope(const Numbers& x, std::size_t k, double y) { return std::exp(x[k]) / std::exp(y); }
double first_largest(const Numbers& x, std::size_t k, double) {
  const auto at_k = x.begin() + static_cast<std::ptrdiff_t>(k);
  return std::all_of(x.begin(), at_k, [&](double before) { return before < x[k]; }) &&
         std::all_of(at_k, x.end(), [&](double after) { return after <= x[k]; });
}
double first_smallest(const Numbers& x, std::size_t k, double) {
  const auto at_k = x.begin() + static_cast<std::ptrdiff_t>(k);
  return std::all_of(x.begin(), at_k, [&](double before) { return before > x[k]; }) &&
         std::all_of(at_k, x.end(), [&](double after) { return after >= x[k]; });
}
double product_slope(const Numbers& x, std::size_t k, double) {
  double others = 1;
  for (std::size_t i = 0; i < x.size(); ++i) others *= i == k ? 1 : x[i];
  return others;
}

template <Slope slope>
std::vector<Tensor> gradient(const Call& call) {
  const Grouping grouping = grouping_of(call, call.in(1).shape);
  Tensor dx(call.in(1).shape);
  for (std::size_t g = 0; g < grouping.groups.size(); ++g) {
    const auto& members = grouping.groups[g];
    const Numbers x = numbers_of(call.in(1), members);
    const double y = call.has(2) ? call.in(2).values.at(g) : 0;
    for (std::size_t k = 0; k < x.size(); ++k) dx.at(members[k]) = call.in(0).values.at(g) * slope(x, k, y);
  }
  return {dx};
}

std::vector<Tensor> sum_gradient(const Call& call) {
  const Attributes& attributes = call.node.attributes;
  Tensor dx(attributes.integers("input_shape"));
  const Grouping grouping = grouping_of(call, dx.shape);
  for (std::size_t g = 0; g < grouping.groups.size(); ++g) {
    for (const std::int64_t i : grouping.groups[g]) dx.at(i) = attributes.real("scale", 1) * call.in(0).values.at(g);
  }
  return {dx};
}

template <bool is_max>
std::vector<Tensor> arg(const Call& call) {
  const Attributes& attributes = call.node.attributes;
  const Grouping grouping =
      group(call.in(0).shape, {attributes.integer("axis")}, attributes.integer("keepdims", 1) != 0);
  Tensor y(grouping.shape);
  for (std::size_t g = 0; g < grouping.groups.size(); ++g) {
    const Numbers x = numbers_of(call.in(0), grouping.groups[g]);
    const double top = is_max ? largest(x) : smallest(x);
    const auto first = std::find(x.begin(), x.end(), top) - x.begin();
    const auto last = x.rend() - std::find(x.rbegin(), x.rend(), top) - 1;
    y.values[g] = static_cast<double>(attributes.integer("select_last_index") != 0 ? last : first);
  }
  return {y};
}

}  // namespace

void add_reduce(Functions& functions) {
  functions["ReduceSum"] = reduce<sum>;
  functions["ReduceMean"] = reduce<mean>;
  functions["ReduceMax"] = reduce<largest>;
  functions["ReduceMin"] = reduce<smallest>;
  functions["ReduceProd"] = reduce<product>;
  functions["ReduceL1"] = reduce<l1>;
  functions["ReduceL2"] = reduce<l2>;
  functions["ReduceSumSquare"] = reduce<sum_square>;
  functions["ReduceLogSum"] = reduce<log_sum>;
  functions["ReduceLogSumExp"] = reduce<log_sum_exp>;
  functions["ReduceSumGrad"] = sum_gradient;
  functions["ReduceMaxGrad"] = gradient<first_largest>;
  functions["ReduceMinGrad"] = gradient<first_smallest>;
  functions["ReduceProdGrad"] = gradient<product_slope>;
  functions["ReduceL1Grad"] = gradient<sign_of>;
  functions["ReduceL2Grad"] = gradient<l2_slope>;
  functions["ReduceSumSquareGrad"] = gradient<square_slope>;
  functions["ReduceLogSumGrad"] = gradient<log_sum_slope>;
  functions["ReduceLogSumExpGrad"] = gradient<log_sum_exp_slope>;
  functions["ArgMax"] = arg<true>;
  functions["ArgMin"] = arg<false>;
}

}  // namespace thaw::reference
