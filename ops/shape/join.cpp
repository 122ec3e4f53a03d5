// Operators that put tensors together, take them apart or repeat them. Sources: ONNX Concat-13, Split-18, Gather-13,
// Expand-13, Tile-13.
//
//   Concat(X...) {axis} -> Y
//   Split(X) {axis 0, split: the extents of the outputs} -> Y...
//   Gather(data, indices i32) {axis 0} -> Y   Y = data with `axis` replaced by the axes of `indices`; a negative index
//     counts from the end; one beyond either end gives NaN (0 among integers) and has no gradient
//   GatherGrad(dY, indices) {axis, input_shape} -> d data
//   Expand(X) {shape} -> Y                    X and `shape` are broadcast against each other, as NumPy does
//   Tile(X) {repeats: one an axis} -> Y;  TileGrad(dY) {repeats} -> dX
#include <algorithm>

#include "graph/builder.h"
#include "ops/axis.h"
#include "ops/definitions.h"
#include "ops/shape/geometry.h"

namespace thaw {
namespace {

constexpr int kAny = 1 << 30;

std::size_t required_axis(const InferContext& context) {
  if (!context.node.attributes.has("axis")) context.fail("axis", "must be given");
  return checked_axis(context, "axis", context.node.attributes.integer("axis"), context.shape(0).size());
}

std::vector<TensorType> infer_concat(const InferContext& context) {
  const std::size_t axis = required_axis(context);
  TensorType y = context.input(0);
  for (int i = 1; i < context.input_count(); ++i) {
    Shape other = context.shape(i);
    const bool has_same_rank = other.size() == y.shape.size();
    const std::int64_t extent = has_same_rank ? other[axis] : 0;
    if (has_same_rank) other[axis] = y.shape[axis];
    if (other != y.shape || context.input(i).dtype != y.dtype) {
      context.fail("input", "cannot join " + to_text(context.input(0)) + " and " + to_text(context.input(i)) +
                                " along axis " + std::to_string(axis));
    }
    y.shape[axis] += extent;
  }
  return {y};
}

/// Back through Concat: a Split, or a Slice each where only some of the inputs are wanted.
std::vector<ValueId> concat_gradient(const GradientContext& context) {
  const Graph& graph = context.builder.graph();
  const std::size_t count = context.node.inputs.size();
  const std::size_t axis =
      axis_index(context.node.attributes.integer("axis"), graph.value(context.input(0)).type.shape.size());
  const auto at = static_cast<std::int64_t>(axis);
  Shape split;
  for (const ValueId input : context.node.inputs) split.push_back(graph.value(input).type.shape[axis]);
  if (std::count(context.wanted.begin(), context.wanted.end(), true) == static_cast<std::ptrdiff_t>(count)) {
    return context.builder.nodes("Split", {context.grad()}, {{"axis", at}, {"split", split}});
  }
  std::vector<ValueId> grads(count, kNoValue);
  std::int64_t start = 0;
  for (std::size_t i = 0; i < count; start += split[i++]) {
    if (!context.wanted[i]) continue;
    grads[i] = context.builder.node("Slice", {context.grad()},
                                    {{"starts", Shape{start}}, {"ends", Shape{start + split[i]}}, {"axes", Shape{at}}});
  }
  return grads;
}

std::vector<TensorType> infer_split(const InferContext& context) {
  const Attributes& attributes = context.node.attributes;
  const Shape& x = context.shape(0);
  const std::size_t axis = checked_axis(context, "axis", attributes.integer("axis"), x.size());
  std::vector<TensorType> outputs;
  std::int64_t sum = 0;
  for (const std::int64_t extent : attributes.integers("split")) {
    if (extent < 0) context.fail("split", "has a negative extent");
    outputs.push_back(context.input(0));
    outputs.back().shape[axis] = extent;
    sum += extent;
  }
  if (sum != x[axis]) {
    context.fail("split", "adds up to " + std::to_string(sum) + ", but axis " + std::to_string(axis) + " has " +
                              std::to_string(x[axis]));
  }
  return outputs;
}

/// Back through Split: a Concat; an output through which nothing flows back counts as zeros.
std::vector<ValueId> split_gradient(const GradientContext& context) {
  Builder& builder = context.builder;
  std::vector<ValueId> parts = context.output_grads;
  ValueId zero = kNoValue;
  for (std::size_t k = 0; k < parts.size(); ++k) {
    if (parts[k] != kNoValue) continue;
    if (zero == kNoValue) zero = builder.node("Constant", {}, {{"value_float", 0.0}});
    const Shape shape = builder.graph().value(context.node.outputs[k]).type.shape;
    parts[k] = builder.node("Expand", {zero}, {{"shape", shape}});
  }
  return {builder.node("Concat", parts, {{"axis", context.node.attributes.integer("axis")}})};
}

std::vector<TensorType> infer_gather(const InferContext& context) {
  const Shape& data = context.shape(0);
  const Shape& indices = context.shape(1);
  if (context.input(1).dtype != DType::kInt32) context.fail("input", "needs integers as its indices");
  const std::size_t axis = checked_axis(context, "axis", context.node.attributes.integer("axis"), data.size());
  const auto at = data.begin() + static_cast<std::ptrdiff_t>(axis);
  Shape y(data.begin(), at);
  y.insert(y.end(), indices.begin(), indices.end());
  y.insert(y.end(), at + 1, data.end());
  return {{context.input(0).dtype, y}};
}

std::vector<ValueId> gather_gradient(const GradientContext& context) {
  const Shape shape = context.builder.graph().value(context.input(0)).type.shape;
  const std::int64_t axis = context.node.attributes.integer("axis");
  return {
      context.builder.node("GatherGrad", {context.grad(), context.input(1)}, {{"axis", axis}, {"input_shape", shape}}),
      kNoValue};
}

std::vector<TensorType> infer_expand(const InferContext& context) {
  Shape x = context.shape(0), y = context.node.attributes.integers("shape");
  const std::size_t rank = std::max(x.size(), y.size());
  const Shape found = x, wanted = y;
  x.insert(x.begin(), rank - x.size(), 1);
  y.insert(y.begin(), rank - y.size(), 1);
  for (std::size_t axis = 0; axis < rank; ++axis) {
    if (y[axis] == 1) y[axis] = x[axis];
    if (y[axis] < 0 || (x[axis] != 1 && x[axis] != y[axis])) {
      context.fail("shape", "cannot make " + to_text(wanted) + " of " + to_text(found));
    }
  }
  return {{context.input(0).dtype, y}};
}

std::vector<TensorType> infer_tile(const InferContext& context, bool is_gradient) {
  Shape shape = context.shape(0);
  const Shape repeats = context.node.attributes.integers("repeats");
  if (repeats.size() != shape.size()) {
    context.fail("repeats", "has " + std::to_string(repeats.size()) + " numbers, its input " +
                                std::to_string(shape.size()) + " axes");
  }
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (repeats[axis] < 1) context.fail("repeats", "must be at least 1");
    shape[axis] = is_gradient ? shape[axis] / repeats[axis] : shape[axis] * repeats[axis];
  }
  return {{context.input(0).dtype, shape}};
}

}  // namespace

void define_join(OpRegistry& registry) {
  registry.add({.name = "Concat",
                .max_inputs = kAny,
                .infer = infer_concat,
                .differentiability = Differentiability::kRule,
                .gradient = concat_gradient});
  registry.add({.name = "Split",
                .infer = infer_split,
                .differentiability = Differentiability::kRule,
                .gradient = split_gradient});
  registry.add({.name = "Gather",
                .min_inputs = 2,
                .max_inputs = 2,
                .infer = infer_gather,
                .differentiability = Differentiability::kRule,
                .gradient = gather_gradient});
  registry.add(
      {.name = "GatherGrad",
       .min_inputs = 2,
       .max_inputs = 2,
       .infer =
           [](const InferContext& context) {
             return std::vector<TensorType>{{context.input(0).dtype, context.node.attributes.integers("input_shape")}};
           },
       .flops = [](const InferContext& context) { return element_count(context.shape(0)); }});
  registry.add({.name = "Expand",
                .infer = infer_expand,
                .differentiability = Differentiability::kRule,
                .gradient = [](const GradientContext& context) { return std::vector<ValueId>{context.grad()}; }});
  registry.add({.name = "Tile",
                .infer = [](const InferContext& context) { return infer_tile(context, false); },
                .differentiability = Differentiability::kRule,
                .gradient =
                    [](const GradientContext& context) {
                      return std::vector<ValueId>{
                          context.builder.node("TileGrad", {context.grad()}, context.node.attributes)};
                    }});
  registry.add({.name = "TileGrad",
                .infer = [](const InferContext& context) { return infer_tile(context, true); },
                .flops = [](const InferContext& context) { return element_count(context.shape(0)); }});
}

}  // namespace thaw
