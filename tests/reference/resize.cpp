// ONNX Resize-18, written from its text: every element of the result is a weighted sum over its neighbours, one weight
// an axis. The gradient spreads by the same weights.
#include <algorithm>
#include <cmath>
#include <functional>

#include "tests/reference/functions.h"

namespace thaw::reference {
namespace {

struct Neighbour {
  std::int64_t index;
  double weight;
};

/// One axis of a Resize.
struct Axis {
  const Attributes& attributes;
  std::size_t axis;
  double length, length_resized, scale;

  double original(double resized) const {
    const std::string mode = attributes.text("coordinate_transformation_mode", "half_pixel");
    const double exact = length * scale;
    if (mode == "half_pixel") return (resized + 0.5) / scale - 0.5;
    if (mode == "half_pixel_symmetric") {
      const double center = length / 2, offset = center * (1 - length_resized / exact);
      return offset + (resized + 0.5) / scale - 0.5;
    }
    if (mode == "pytorch_half_pixel") return length_resized > 1 ? (resized + 0.5) / scale - 0.5 : 0;
    if (mode == "align_corners") return length_resized > 1 ? resized * (length - 1) / (exact - 1) : 0;
    if (mode == "asymmetric") return resized / scale;
    const auto roi = attributes.reals("roi");
    const double start = roi.at(axis), end = roi.at(axis + roi.size() / 2);
    if (length_resized > 1) return start * (length - 1) + resized * (end - start) * (length - 1) / (exact - 1);
    return 0.5 * (start + end) * (length - 1);
  }

  bool is_outside(double x) const {
    return attributes.text("coordinate_transformation_mode") == "tf_crop_and_resize" && (x < 0 || x > length - 1);
  }

  std::int64_t inside(std::int64_t i) const {
    return std::clamp<std::int64_t>(i, 0, static_cast<std::int64_t>(length) - 1);
  }

  std::vector<Neighbour> neighbours(double x) const {
    const std::string mode = attributes.text("mode", "nearest");
    const double below = std::floor(x), ratio = x - below;
    if (mode == "nearest") {
      const std::string rule = attributes.text("nearest_mode", "round_prefer_floor");
      bool goes_up = ratio > 0.5;
      if (rule == "round_prefer_ceil") goes_up = ratio >= 0.5;
      if (rule == "floor") goes_up = false;
      if (rule == "ceil") goes_up = ratio > 0;
      return {{inside(static_cast<std::int64_t>(below) + goes_up), 1}};
    }
    const double stretch = attributes.integer("antialias") ? std::max(1.0, 1 / scale) : 1;
    const double a = attributes.real("cubic_coeff_a", -0.75);
    const auto weight = [&](double distance) {
      const double d = std::abs(distance) / stretch;
      if (mode == "linear") return d < 1 ? 1 - d : 0.0;
      if (d <= 1) return (a + 2) * d * d * d - (a + 3) * d * d + 1;
      return d < 2 ? a * d * d * d - 5 * a * d * d + 8 * a * d - 4 * a : 0.0;
    };
    const auto reach = static_cast<std::int64_t>(std::ceil((mode == "linear" ? 1 : 2) * stretch));
    std::vector<Neighbour> found;
    double sum = 0;
    for (std::int64_t i = static_cast<std::int64_t>(below) - reach; i <= static_cast<std::int64_t>(below) + reach + 1;
         ++i) {
      const bool is_left_out = attributes.integer("exclude_outside") && inside(i) != i;
      found.push_back({inside(i), is_left_out ? 0 : weight(static_cast<double>(i) - x)});
      sum += found.back().weight;
    }
    for (Neighbour& neighbour : found) neighbour.weight /= sum;
    return found;
  }
};

/// Visits (element of the result, element of the input, weight), and the elements that lie outside with input -1.
void for_each_pair(const Attributes& attributes, const Shape& x, const Shape& y,
                   const std::function<void(std::int64_t, std::int64_t, double)>& visit) {
  for (std::int64_t at = 0; at < element_count(y); ++at) {
    std::vector<std::pair<std::int64_t, double>> sums{{0, 1.0}};  // (place in the input so far, weight)
    bool is_outside = false;
    std::int64_t rest = at, below = element_count(y);
    for (std::size_t i = 0; i < x.size(); ++i) {
      below /= y[i];
      const std::int64_t index = rest / below;
      rest %= below;
      const Axis axis{attributes, i, static_cast<double>(x[i]), static_cast<double>(y[i]),
                      attributes.reals("scales").at(i)};
      const double original = axis.original(static_cast<double>(index));
      is_outside = is_outside || axis.is_outside(original);
      if (is_outside) break;
      std::vector<std::pair<std::int64_t, double>> next;
      for (const auto& [place, weight] : sums) {
        for (const Neighbour& n : axis.neighbours(original)) {
          if (n.weight != 0) next.emplace_back(place * x[i] + n.index, weight * n.weight);
        }
      }
      sums = std::move(next);
    }
    if (is_outside) {
      visit(at, -1, 1);
    } else {
      for (const auto& [place, weight] : sums) visit(at, place, weight);
    }
  }
}

std::vector<Tensor> resize(const Call& call) {
  const Attributes& attributes = call.node.attributes;
  Tensor y(attributes.integers("output_shape"));
  const double outside = attributes.real("extrapolation_value");
  for_each_pair(attributes, call.in(0).shape, y.shape, [&](std::int64_t to, std::int64_t from, double weight) {
    y.at(to) += from < 0 ? outside : weight * call.in(0).at(from);
  });
  return {y};
}

std::vector<Tensor> resize_grad(const Call& call) {
  const Attributes& attributes = call.node.attributes;
  Tensor dx(attributes.integers("input_shape"));
  for_each_pair(attributes, dx.shape, call.in(0).shape, [&](std::int64_t to, std::int64_t from, double weight) {
    if (from >= 0) dx.at(from) += weight * call.in(0).at(to);
  });
  return {dx};
}

}  // namespace

void add_resize(Functions& functions) {
  functions["Resize"] = resize;
  functions["ResizeGrad"] = resize_grad;
}

}  // namespace thaw::reference
