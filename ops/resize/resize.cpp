// Resampling of pictures. Source: ONNX Resize-18. What ONNX passes as inputs are attributes here.
//
//   Resize(X) -> Y
//     mode: nearest | linear | cubic;  nearest_mode;  coordinate_transformation_mode;  cubic_coeff_a;  exclude_outside;
//     antialias;  scales: one an axis, as the coordinate formulas use them;  output_shape: one an axis;
//     roi (tf_crop_and_resize): starts, then ends, in shares of the axis;  extrapolation_value: what lies outside of
//     roi
//   ResizeGrad(dY) {input_shape, ...} -> dX     the transposed tables
#include <cmath>
#include <set>

#include "graph/builder.h"
#include "ops/definitions.h"

namespace thaw {
namespace {

void expect_one_of(const InferContext& context, const char* attribute, const char* fallback,
                   const std::set<std::string>& words) {
  const std::string word = context.node.attributes.text(attribute, fallback);
  if (words.count(word)) return;
  std::string all;
  for (const std::string& known : words) all += (all.empty() ? "" : ", ") + known;
  context.fail(attribute, "is \"" + word + "\", none of " + all);
}

void check_modes(const InferContext& context) {
  expect_one_of(context, "mode", "nearest", {"nearest", "linear", "cubic"});
  expect_one_of(context, "nearest_mode", "round_prefer_floor",
                {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"});
  expect_one_of(context, "coordinate_transformation_mode", "half_pixel",
                {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric",
                 "tf_crop_and_resize"});
}

std::vector<TensorType> infer_resize(const InferContext& context) {
  check_modes(context);
  const Attributes& attributes = context.node.attributes;
  const Shape& x = context.shape(0);
  const Shape y = attributes.integers("output_shape");
  const auto scales = attributes.reals("scales");
  if (y.size() != x.size()) context.fail("output_shape", "must have one extent an axis of " + to_text(x));
  if (scales.size() != x.size()) context.fail("scales", "must have one number an axis of " + to_text(x));
  for (std::size_t axis = 0; axis < x.size(); ++axis) {
    // What is not a number fails this too.
    if (!(scales[axis] >= 1e-6 && scales[axis] <= 1e6)) context.fail("scales", "must lie between 1e-6 and 1e6");
    if (x[axis] < 1 || y[axis] < 1) context.fail("output_shape", "resizes " + to_text(x) + " to " + to_text(y));
  }
  const bool crops = attributes.text("coordinate_transformation_mode") == "tf_crop_and_resize";
  const auto roi = attributes.reals("roi");
  if (crops && roi.size() != 2 * x.size()) context.fail("roi", "must have a start and an end an axis");
  for (const double bound : roi) {
    if (!(std::abs(bound) <= 1e6)) context.fail("roi", "must lie between -1e6 and 1e6");
  }
  return {{DType::kFloat32, y}};
}

std::vector<ValueId> resize_gradient(const GradientContext& context) {
  Attributes attributes = context.node.attributes;
  attributes.set("input_shape", context.builder.graph().value(context.input(0)).type.shape);
  return {context.builder.node("ResizeGrad", {context.grad()}, attributes)};
}

}  // namespace

void define_resize(OpRegistry& registry) {
  registry.add(
      {.name = "Resize",
       .infer = infer_resize,
       .differentiability = Differentiability::kRule,
       .gradient = resize_gradient,
       .flops = [](const InferContext& context) { return 4 * element_count(infer_resize(context)[0].shape); }});
  registry.add(
      {.name = "ResizeGrad",
       .infer =
           [](const InferContext& context) {
             return std::vector<TensorType>{{DType::kFloat32, context.node.attributes.integers("input_shape")}};
           },
       .flops = [](const InferContext& context) { return 4 * element_count(context.shape(0)); }});
}

}  // namespace thaw
