#include "ops/resize/resample.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace thaw {
namespace {

/// Where element `x` of the resampled axis lies on the axis that it is made from.
class Coordinates {
 public:
  Coordinates(const Attributes& attributes, std::size_t axis, std::int64_t from, std::int64_t to)
      : mode_(attributes.text("coordinate_transformation_mode", "half_pixel")),
        scale_(attributes.reals("scales").at(axis)),
        from_(static_cast<double>(from)),
        to_(static_cast<double>(to)) {
    const auto roi = attributes.reals("roi");
    if (roi.size() > axis) {
      begin_ = roi[axis];
      end_ = roi[axis + roi.size() / 2];
    }
  }

  double operator()(double x) const {
    const double resized = scale_ * from_;  // not rounded: ONNX's formulas are written with it
    if (mode_ == "asymmetric") return x / scale_;
    if (mode_ == "align_corners") return to_ == 1 ? 0 : x * (from_ - 1) / (resized - 1);
    if (mode_ == "pytorch_half_pixel") return to_ == 1 ? 0 : (x + 0.5) / scale_ - 0.5;
    if (mode_ == "half_pixel_symmetric") {
      const double adjustment = to_ / resized;
      return from_ / 2 * (1 - adjustment) + (x + 0.5) / scale_ - 0.5;
    }
    if (mode_ == "tf_crop_and_resize") {
      if (to_ == 1) return (begin_ + end_) * (from_ - 1) / 2;
      return begin_ * (from_ - 1) + x * (end_ - begin_) * (from_ - 1) / (resized - 1);
    }
    return (x + 0.5) / scale_ - 0.5;
  }

  bool crops() const { return mode_ == "tf_crop_and_resize"; }
  double scale() const { return scale_; }

 private:
  std::string mode_;
  double scale_, from_, to_;
  double begin_ = 0, end_ = 1;
};

std::int64_t nearest(double x, const std::string& mode) {
  if (mode == "floor") return static_cast<std::int64_t>(std::floor(x));
  if (mode == "ceil") return static_cast<std::int64_t>(std::ceil(x));
  if (mode == "round_prefer_ceil") return static_cast<std::int64_t>(std::floor(x + 0.5));
  return static_cast<std::int64_t>(std::ceil(x - 0.5));
}

double triangle(double x) { return std::max(0.0, 1 - std::abs(x)); }

double cubic(double x, double a) {
  x = std::abs(x);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

/// Weights of the elements around `x` under a kernel of `radius`; a smaller picture widens the kernel if it is
/// antialiased.
Taps kernel_taps(double x, std::int64_t extent, double radius, double scale, bool excludes_outside,
                 const std::function<double(double)>& kernel) {
  const auto begin =
      static_cast<std::int64_t>(std::floor(x)) + static_cast<std::int64_t>(std::floor(-radius / scale)) + 1;
  const auto end =
      static_cast<std::int64_t>(std::floor(x)) + 1 - static_cast<std::int64_t>(std::floor(-radius / scale));
  std::vector<double> weights;
  Taps taps;
  double sum = 0;
  for (std::int64_t i = begin; i < end; ++i) {
    const bool is_outside = i < 0 || i >= extent;
    const double weight = is_outside && excludes_outside ? 0 : kernel((static_cast<double>(i) - x) * scale);
    sum += weight;
    const std::int64_t source = std::clamp<std::int64_t>(i, 0, extent - 1);  // beyond the edge the edge goes on
    if (!taps.sources.empty() && taps.sources.back() == source) {
      weights.back() += weight;
    } else {
      taps.sources.push_back(source);
      weights.push_back(weight);
    }
  }
  for (const double weight : weights) taps.weights.push_back(static_cast<float>(weight / sum));
  return taps;
}

}  // namespace

std::vector<Taps> resample_axis(const Attributes& attributes, std::size_t axis, std::int64_t from, std::int64_t to) {
  const Coordinates coordinate(attributes, axis, from, to);
  const std::string mode = attributes.text("mode", "nearest"),
                    nearest_mode = attributes.text("nearest_mode", "round_prefer_floor");
  const bool excludes_outside = attributes.integer("exclude_outside") != 0;
  const double a = attributes.real("cubic_coeff_a", -0.75);
  const double widening = attributes.integer("antialias") != 0 ? std::min(coordinate.scale(), 1.0) : 1.0;
  std::vector<Taps> all;
  for (std::int64_t i = 0; i < to; ++i) {
    const double x = coordinate(static_cast<double>(i));
    Taps taps;
    if (coordinate.crops() && (x < 0 || x > static_cast<double>(from - 1))) {
      taps.is_outside = true;
    } else if (mode == "nearest") {
      taps.sources = {std::clamp<std::int64_t>(nearest(x, nearest_mode), 0, from - 1)};
      taps.weights = {1.0F};
    } else if (mode == "cubic") {
      taps = kernel_taps(x, from, 2, widening, excludes_outside, [a](double t) { return cubic(t, a); });
    } else {
      taps = kernel_taps(x, from, 1, widening, excludes_outside, triangle);
    }
    all.push_back(std::move(taps));
  }
  return all;
}

bool is_identity(const std::vector<Taps>& taps, std::int64_t from) {
  if (static_cast<std::int64_t>(taps.size()) != from) return false;
  for (std::size_t i = 0; i < taps.size(); ++i) {
    for (std::size_t k = 0; k < taps[i].sources.size(); ++k) {
      const bool is_itself = taps[i].sources[k] == static_cast<std::int64_t>(i);
      if (taps[i].weights[k] != (is_itself ? 1.0F : 0.0F)) return false;
    }
    if (taps[i].is_outside) return false;
  }
  return true;
}

}  // namespace thaw
