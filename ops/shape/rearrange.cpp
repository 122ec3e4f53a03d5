// Operators that give elements new places. Sources: ONNX Transpose-13, Slice-13, Pad-19, DepthToSpace-13,
// SpaceToDepth-13.
//
//   Transpose(X) {perm: the axes reversed} -> Y   axis i of Y is axis perm[i] of X
//   Slice(X) {starts, ends, axes: the first ones, steps: 1} -> Y
//     The reader resolves ONNX's negative and overshooting indices, so that here, for an axis of extent D:
//     a positive step has 0 <= start <= D and 0 <= end <= D; a negative one has 0 <= start < D and -1 <= end < D, where
//     an end of -1 means "through element 0". Element i is X[start + i * step]; there are ceil((end - start) / step).
//   SliceGrad(dY) {as Slice; input_shape} -> dX
//   Pad(X) {pads: begins of all axes, then ends; mode: constant, reflect, edge or wrap; value 0} -> Y
//     A negative pad crops. Other modes than constant crop first and repeat what is left.
//   PadGrad(dY) {as Pad; input_shape} -> dX       of a constant Pad the gradient is a Pad by the opposite amounts
//   DepthToSpace(X[N,C,H,W]) {blocksize, mode: DCR or CRD} -> Y[N,C/b/b,H*b,W*b]
//   SpaceToDepth(X[N,C,H,W]) {blocksize, mode: DCR} -> Y[N,C*b*b,H/b,W/b]   each is the other's gradient; ONNX's
//     SpaceToDepth is DCR
#include <algorithm>
#include <numeric>

#include "graph/builder.h"
#include "ops/axis.h"
#include "ops/definitions.h"
#include "ops/shape/geometry.h"
#include "ops/window.h"

namespace thaw {
namespace {

/// A gradient that brings its input's shape along, because dY does not tell it.
std::vector<TensorType> infer_input_shape(const InferContext& context) {
  return {{context.input(0).dtype, context.node.attributes.integers("input_shape")}};
}

/// The gradient operator `op` of (dY) with the node's own attributes and its input's shape.
std::vector<ValueId> scatter_gradient(const GradientContext& context, const std::string& op) {
  Attributes attributes = context.node.attributes;
  attributes.set("input_shape", context.builder.graph().value(context.input(0)).type.shape);
  return {context.builder.node(op, {context.grad()}, attributes)};
}

std::vector<std::int64_t> permutation(const Attributes& attributes, std::size_t rank) {
  std::vector<std::int64_t> reversed(rank);
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  return attributes.integers("perm", reversed);
}

std::vector<TensorType> infer_transpose(const InferContext& context) {
  const Shape& x = context.shape(0);
  const std::vector<std::int64_t> perm = permutation(context.node.attributes, x.size());
  std::vector<std::int64_t> sorted = perm, all(x.size());
  std::sort(sorted.begin(), sorted.end());
  std::iota(all.begin(), all.end(), 0);
  if (sorted != all) context.fail("perm", "must name each of the " + std::to_string(x.size()) + " axes once");
  Shape y;
  for (const std::int64_t axis : perm) y.push_back(x[static_cast<std::size_t>(axis)]);
  return {{context.input(0).dtype, y}};
}

std::vector<ValueId> transpose_gradient(const GradientContext& context) {
  const std::size_t rank = context.builder.graph().value(context.input(0)).type.shape.size();
  const std::vector<std::int64_t> perm = permutation(context.node.attributes, rank);
  std::vector<std::int64_t> inverse(rank);
  for (std::size_t i = 0; i < rank; ++i) inverse[static_cast<std::size_t>(perm[i])] = static_cast<std::int64_t>(i);
  return {context.builder.node("Transpose", {context.grad()}, {{"perm", inverse}})};
}

std::vector<TensorType> infer_slice(const InferContext& context) {
  const Shape& x = context.shape(0);
  const Attributes& attributes = context.node.attributes;
  const Shape starts = attributes.integers("starts");
  const std::size_t count = starts.size();
  for (const char* name : {"ends", "axes", "steps"}) {
    const bool is_given = attributes.has(name) || std::string(name) == "ends";
    const std::size_t found = attributes.integers(name).size();
    if (is_given && found != count) {
      context.fail(name, "has " + std::to_string(found) + " numbers, starts has " + std::to_string(count));
    }
  }
  const Shape ends = attributes.integers("ends"), steps = attributes.integers("steps", Shape(count, 1));
  std::vector<bool> is_named(x.size(), false);
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t named = attributes.has("axes") ? attributes.integers("axes")[i] : static_cast<std::int64_t>(i);
    const std::size_t axis = checked_axis(context, "axes", named, x.size());
    if (is_named[axis]) context.fail("axes", "names axis " + std::to_string(axis) + " twice");
    is_named[axis] = true;
    if (steps[i] == 0) context.fail("steps", "must not be 0");
    const std::int64_t last_start = steps[i] > 0 ? x[axis] : x[axis] - 1;
    const std::int64_t first_end = steps[i] > 0 ? 0 : -1, last_end = last_start;
    const auto check = [&](const char* name, std::int64_t value, std::int64_t least, std::int64_t most) {
      if (value >= least && value <= most) return;
      context.fail(name, "must be from " + std::to_string(least) + " to " + std::to_string(most) + " on axis " +
                             std::to_string(axis) + ", not " + std::to_string(value));
    };
    check("starts", starts[i], 0, last_start);
    check("ends", ends[i], first_end, last_end);
  }
  return {{context.input(0).dtype, SliceRange::of(attributes, x).extents}};
}

std::vector<TensorType> infer_pad(const InferContext& context) {
  const Shape& x = context.shape(0);
  const Shape pads = context.node.attributes.integers("pads");
  const std::string mode = context.node.attributes.text("mode", "constant");
  if (pads.size() != 2 * x.size()) {
    context.fail("pads", "has " + std::to_string(pads.size()) + " numbers, must have two for each of " +
                             std::to_string(x.size()) + " axes");
  }
  if (mode != "constant" && mode != "reflect" && mode != "edge" && mode != "wrap") {
    context.fail("mode", "must be constant, reflect, edge or wrap, not '" + mode + "'");
  }
  Shape y;
  for (std::size_t axis = 0; axis < x.size(); ++axis) {
    const std::int64_t begin = pads[axis], end = pads[axis + x.size()];
    const std::int64_t kept = x[axis] + std::min<std::int64_t>(0, begin) + std::min<std::int64_t>(0, end);
    if (kept < 0) {
      context.fail("pads",
                   "crop more than the " + std::to_string(x[axis]) + " elements of axis " + std::to_string(axis));
    }
    if (kept == 0 && mode != "constant" && (begin > 0 || end > 0)) {
      context.fail("mode", mode + " has nothing to repeat along axis " + std::to_string(axis));
    }
    y.push_back(x[axis] + begin + end);
  }
  return {{context.input(0).dtype, y}};
}

std::vector<ValueId> pad_gradient(const GradientContext& context) {
  if (context.node.attributes.text("mode", "constant") != "constant") return scatter_gradient(context, "PadGrad");
  Shape opposite = context.node.attributes.integers("pads");
  for (std::int64_t& pad : opposite) pad = -pad;
  return {context.builder.node("Pad", {context.grad()}, {{"pads", opposite}})};
}

std::vector<TensorType> infer_shuffle(const InferContext& context, bool is_to_space) {
  expect_rank(context, 0, 4, "a picture (channels x height x width)");
  const Shape& x = context.shape(0);
  const std::int64_t b = context.node.attributes.integer("blocksize");
  const std::string mode = context.node.attributes.text("mode", "DCR");
  if (b < 1) context.fail("blocksize", "must be at least 1");
  if (mode != "DCR" && mode != "CRD") context.fail("mode", "must be DCR or CRD, not '" + mode + "'");
  if (is_to_space) {
    if (x[1] % (b * b) != 0) {
      context.fail("blocksize", std::to_string(x[1]) + " channels are no multiple of " + std::to_string(b * b));
    }
    return {{context.input(0).dtype, {x[0], x[1] / (b * b), x[2] * b, x[3] * b}}};
  }
  if (x[2] % b != 0 || x[3] % b != 0) {
    context.fail("blocksize", "does not divide a picture of " + std::to_string(x[2]) + "x" + std::to_string(x[3]));
  }
  return {{context.input(0).dtype, {x[0], x[1] * b * b, x[2] / b, x[3] / b}}};
}

void define_shuffle(OpRegistry& registry, const std::string& name, const std::string& inverse, bool is_to_space) {
  registry.add({.name = name,
                .infer = [=](const InferContext& context) { return infer_shuffle(context, is_to_space); },
                .differentiability = Differentiability::kRule,
                .gradient =
                    [=](const GradientContext& context) {
                      return std::vector<ValueId>{
                          context.builder.node(inverse, {context.grad()}, context.node.attributes)};
                    }});
}

}  // namespace

void define_rearrange(OpRegistry& registry) {
  registry.add({.name = "Transpose",
                .infer = infer_transpose,
                .differentiability = Differentiability::kRule,
                .gradient = transpose_gradient});
  registry.add({.name = "Slice",
                .infer = infer_slice,
                .differentiability = Differentiability::kRule,
                .gradient = [](const GradientContext& context) { return scatter_gradient(context, "SliceGrad"); }});
  registry.add({.name = "SliceGrad", .infer = infer_input_shape});
  registry.add(
      {.name = "Pad", .infer = infer_pad, .differentiability = Differentiability::kRule, .gradient = pad_gradient});
  registry.add({.name = "PadGrad", .infer = infer_input_shape});
  define_shuffle(registry, "DepthToSpace", "SpaceToDepth", true);
  define_shuffle(registry, "SpaceToDepth", "DepthToSpace", false);
}

}  // namespace thaw
