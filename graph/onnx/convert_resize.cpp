// Resampling of ONNX: Resize and the older Upsample.
#include <cmath>
#include <numeric>

#include "graph/onnx/node.h"

namespace thaw::onnx_io {
namespace {

struct Sizes {
  std::vector<double> scales;  ///< by axis, as the coordinate formulas use them
  std::vector<std::int64_t> extents;
};

/// An extent that was computed as a real number, whole. Throws Unsupported beyond what any tensor has.
std::int64_t extent_of(double extent) {
  constexpr double kLargest = 1e12;
  if (!(extent < kLargest)) throw Unsupported("a scale is too large");
  return static_cast<std::int64_t>(std::floor(extent));
}

Sizes from_scales(const Shape& x, const std::vector<double>& scales) {
  Sizes sizes{scales, {}};
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!(scales[i] > 0)) throw Unsupported("a scale is not positive");
    sizes.extents.push_back(extent_of(static_cast<double>(x[i]) * scales[i]));
  }
  return sizes;
}

/// keep_aspect_ratio_policy (opset 18): one scale for all resized axes.
Sizes from_sizes(OnnxNode& node, const std::vector<std::int64_t>& axes, const std::vector<std::int64_t>& given) {
  const Shape& x = node.shape(0);
  const std::string policy = node.text("keep_aspect_ratio_policy", "stretch");
  Sizes sizes{std::vector<double>(x.size(), 1), x};
  double common = policy == "not_larger" ? INFINITY : 0;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<std::size_t>(axes[i]);
    if (given[i] < 1 || x[axis] < 1) throw Unsupported("resizes to or from nothing");
    const double scale = static_cast<double>(given[i]) / static_cast<double>(x[axis]);
    sizes.extents[axis] = given[i];
    sizes.scales[axis] = scale;
    common = policy == "not_larger" ? std::min(common, scale) : std::max(common, scale);
  }
  if (policy == "stretch") return sizes;
  for (const std::int64_t one : axes) {
    const auto axis = static_cast<std::size_t>(one);
    sizes.scales[axis] = common;
    sizes.extents[axis] = extent_of(common * static_cast<double>(x[axis]) + 0.5);
  }
  return sizes;
}

std::vector<double> over_all_axes(OnnxNode& node, const std::vector<std::int64_t>& axes,
                                  const std::vector<double>& given, double fallback) {
  std::vector<double> all(node.shape(0).size(), fallback);
  if (given.size() != axes.size())
    throw Unsupported("scales name " + std::to_string(given.size()) + " axes of " + std::to_string(axes.size()));
  for (std::size_t i = 0; i < axes.size(); ++i) all[static_cast<std::size_t>(axes[i])] = given[i];
  return all;
}

/// roi holds all starts, then all ends; axes that are not resized are whole.
std::vector<double> full_roi(OnnxNode& node, const std::vector<std::int64_t>& axes, const std::vector<double>& given) {
  const std::size_t rank = node.shape(0).size();
  if (given.size() != 2 * axes.size()) throw Unsupported("roi is of another length than its axes");
  std::vector<double> roi(2 * rank, 0);
  std::fill(roi.begin() + static_cast<std::ptrdiff_t>(rank), roi.end(), 1.0);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<std::size_t>(axes[i]);
    roi[axis] = given[i];
    roi[axis + rank] = given[i + axes.size()];
  }
  return roi;
}

void give_resized(OnnxNode& node, const Sizes& sizes, Attributes attributes) {
  attributes.set("scales", sizes.scales);
  attributes.set("output_shape", sizes.extents);
  node.give(0, node.add("Resize", {node.value(0)}, std::move(attributes)));
}

/// Upsample and Resize-10: corners aligned at zero, the nearest element is the one before.
void convert_old(OnnxNode& node) {
  const bool has_input = node.op() == "Resize" || node.opset() >= 9;
  const auto scales = has_input ? node.literal(1, "scales").values : node.reals("scales");
  if (scales.size() != node.shape(0).size()) throw Unsupported("needs one scale an axis");
  const std::string mode = node.text("mode", "nearest");
  give_resized(node, from_scales(node.shape(0), scales),
               {{"mode", mode == "bilinear" ? "linear" : mode},
                {"coordinate_transformation_mode", "asymmetric"},
                {"nearest_mode", "floor"}});
}

void convert_resize(OnnxNode& node) {
  if (node.opset() < 11) return convert_old(node);
  std::vector<std::int64_t> axes(node.shape(0).size());
  std::iota(axes.begin(), axes.end(), 0);
  if (node.opset() >= 18 && node.has("axes")) axes = node.axes(node.integers("axes"), node.rank(0));
  const std::string transformation = node.text("coordinate_transformation_mode", "half_pixel");
  Attributes attributes{{"mode", node.text("mode", "nearest")},
                        {"coordinate_transformation_mode", transformation},
                        {"nearest_mode", node.text("nearest_mode", "round_prefer_floor")},
                        {"cubic_coeff_a", node.real("cubic_coeff_a", -0.75)},
                        {"exclude_outside", node.integer("exclude_outside", 0)},
                        {"extrapolation_value", node.real("extrapolation_value", 0)},
                        {"antialias", node.integer("antialias", 0)}};
  const bool has_scales = node.has_input(2) && !node.literal(2, "scales").values.empty();
  const bool has_sizes = node.has_input(3) && !node.literal(3, "sizes").values.empty();
  if (has_scales == has_sizes) throw Unsupported("needs either scales or sizes");
  if (transformation == "tf_crop_and_resize")
    attributes.set("roi", full_roi(node, axes, node.literal(1, "roi").values));
  if (has_scales) {
    node.ignore({"keep_aspect_ratio_policy"});
    give_resized(node, from_scales(node.shape(0), over_all_axes(node, axes, node.literal(2, "scales").values, 1)),
                 attributes);
    return;
  }
  const auto sizes = node.integers_of(3, "sizes");
  if (sizes.size() != axes.size())
    throw Unsupported("sizes name " + std::to_string(sizes.size()) + " axes of " + std::to_string(axes.size()));
  give_resized(node, from_sizes(node, axes, sizes), attributes);
}

}  // namespace

void add_resize_converters(Converters& converters) {
  converters["Resize"] = convert_resize;
  converters["Upsample"] = convert_old;
}

}  // namespace thaw::onnx_io
