// Operators of ONNX that move elements, and those whose result is known while reading.
#include <algorithm>
#include <numeric>

#include "graph/onnx/node.h"
#include "graph/onnx/ranges.h"

namespace thaw::onnx_io {
namespace {

using Integers = std::vector<std::int64_t>;

/// The same elements under another shape. Always a node: no name of the model may stand for two of its values.
void give_reshaped(OnnxNode& node, const Shape& shape) {
  node.give(0, node.add("Reshape", {node.value(0)}, {{"shape", shape}}));
}

void convert_constant(OnnxNode& node) {
  if (auto tensor = node.tensor("value")) return node.give(0, std::move(*tensor));
  if (node.has("value_float")) return node.give(0, Literal{ElementType::kFloat32, {}, {node.real("value_float", 0)}});
  if (node.has("value_int")) {
    return node.give(0, Literal{ElementType::kInt64, {}, {static_cast<double>(node.integer("value_int", 0))}});
  }
  if (node.has("value_floats")) {
    const auto values = node.reals("value_floats");
    return node.give(0, Literal{ElementType::kFloat32, {static_cast<std::int64_t>(values.size())}, values});
  }
  if (node.has("value_ints")) {
    const auto values = node.integers("value_ints");
    return node.give(
        0, Literal{ElementType::kInt64, {static_cast<std::int64_t>(values.size())}, {values.begin(), values.end()}});
  }
  throw Unsupported("holds no tensor of numbers");
}

void convert_shape_of(OnnxNode& node) {
  const Shape& shape = node.shape(0);
  const std::int64_t rank = node.rank(0);
  const auto bound = [&](std::int64_t at) { return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank); };
  const std::int64_t start = bound(node.integer("start", 0)), end = bound(node.integer("end", rank));
  Literal result{ElementType::kInt64, {std::max<std::int64_t>(end - start, 0)}, {}};
  for (std::int64_t i = start; i < end; ++i)
    result.values.push_back(static_cast<double>(shape[static_cast<std::size_t>(i)]));
  node.give(0, std::move(result));
}

void convert_size(OnnxNode& node) {
  node.give(0, Literal{ElementType::kInt64, {}, {static_cast<double>(element_count(node.shape(0)))}});
}

void convert_flatten(OnnxNode& node) {
  const Shape shape = flat_shape(node);
  const std::int64_t axis = node.integer("axis", 1);
  // As Flatten, not as Reshape, where a dense layer may follow: the two become one inner product.
  if (axis == 1) return node.give(0, node.add("Flatten", {node.value(0)}));
  give_reshaped(node, shape);
}

void convert_transpose(OnnxNode& node) {
  node.give(0, node.add("Transpose", {node.value(0)}, {{"perm", transpose_order(node)}}));
}

void convert_concat(OnnxNode& node) {
  std::vector<ValueId> inputs;
  for (int i = 0; i < node.input_count(); ++i) inputs.push_back(node.value(i));
  node.give(0, node.add("Concat", inputs, {{"axis", node.axis(node.integer("axis", 1), node.rank(0))}}));
}

void convert_split(OnnxNode& node) {
  const std::int64_t axis = node.axis(node.integer("axis", 0), node.rank(0));
  const std::int64_t extent = node.shape(0)[static_cast<std::size_t>(axis)];
  const std::int64_t parts =
      node.opset() >= 18 ? node.integer("num_outputs", node.output_count()) : node.output_count();
  Integers split = node.opset() < 13   ? node.integers("split")
                   : node.has_input(1) ? node.integers_of(1, "split")
                                       : Integers{};
  if (split.empty()) {  // equal parts, a last one that may be smaller
    if (parts < 1) throw Unsupported("splits into nothing");
    const std::int64_t part = (extent + parts - 1) / parts;
    for (std::int64_t left = extent, i = 0; i < parts; ++i, left -= split.back()) split.push_back(std::min(part, left));
  }
  const auto outputs = node.builder().nodes("Split", {node.value(0)}, {{"axis", axis}, {"split", split}});
  for (std::size_t k = 0; k < outputs.size(); ++k) node.give(static_cast<int>(k), outputs[k]);
}

void convert_slice(OnnxNode& node) {
  const SliceRange range = slice_range(node);
  Integers ends, axes(range.starts.size());
  std::iota(axes.begin(), axes.end(), 0);
  for (std::size_t i = 0; i < axes.size(); ++i) ends.push_back(range.starts[i] + range.shape[i] * range.steps[i]);
  node.give(0, node.add("Slice", {node.value(0)},
                        {{"starts", range.starts}, {"ends", ends}, {"axes", axes}, {"steps", range.steps}}));
}

void convert_pad(OnnxNode& node) {
  const bool has_inputs = node.opset() >= 11;
  const Integers given = has_inputs ? node.integers_of(1, "pads") : node.integers("pads");
  double value = has_inputs ? 0 : node.real("value", 0);
  if (has_inputs && node.has_input(2)) {
    const Literal& fill = node.literal(2, "constant_value");
    value = fill.values.empty() ? 0 : fill.values[0];
  }
  const auto rank = static_cast<std::size_t>(node.rank(0));
  Integers axes(rank);
  std::iota(axes.begin(), axes.end(), 0);
  if (node.opset() >= 18 && node.has_input(3)) axes = node.axes(node.integers_of(3, "axes"), node.rank(0));
  if (given.size() != 2 * axes.size())
    throw Unsupported("pads names " + std::to_string(given.size()) + " widths for " + std::to_string(axes.size()) +
                      " axes");
  Integers pads(2 * rank, 0);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    pads[static_cast<std::size_t>(axes[i])] = given[i];
    pads[static_cast<std::size_t>(axes[i]) + rank] = given[i + axes.size()];
  }
  node.give(
      0, node.add("Pad", {node.value(0)}, {{"pads", pads}, {"mode", node.text("mode", "constant")}, {"value", value}}));
}

void convert_expand(OnnxNode& node) {
  const Shape shape = broadcast_shape(node.shape(0), node.integers_of(1, "shape"));
  node.give(0, node.add("Expand", {node.value(0)}, {{"shape", shape}}));
}

void convert_tile(OnnxNode& node) {
  node.give(0, node.add("Tile", {node.value(0)}, {{"repeats", node.integers_of(1, "repeats")}}));
}

void convert_gather(OnnxNode& node) {
  const std::int64_t axis = node.axis(node.integer("axis", 0), node.rank(0));
  ValueId indices = kNoValue;
  if (node.is_literal(1)) {
    Literal resolved = node.literal(1, "indices");
    const auto checked = checked_indices(resolved, node.shape(0)[static_cast<std::size_t>(axis)]);
    resolved.values.assign(checked.begin(), checked.end());
    indices = node.parameter(resolved, node.input_name(1) + "/indices", DType::kInt32);
  } else {
    indices = node.indices(1);
  }
  node.give(0, node.add("Gather", {node.value(0), indices}, {{"axis", axis}}));
}

void convert_depth_to_space(OnnxNode& node) {
  node.give(0, node.add("DepthToSpace", {node.value(0)},
                        {{"blocksize", node.integer("blocksize", 1)}, {"mode", node.text("mode", "DCR")}}));
}

void convert_space_to_depth(OnnxNode& node) {
  node.give(0, node.add("SpaceToDepth", {node.value(0)}, {{"blocksize", node.integer("blocksize", 1)}}));
}

}  // namespace

void add_shape_converters(Converters& converters) {
  converters["Constant"] = convert_constant;
  converters["Shape"] = convert_shape_of;
  converters["Size"] = convert_size;
  converters["Flatten"] = convert_flatten;
  converters["Reshape"] = [](OnnxNode& node) { give_reshaped(node, wanted_shape(node)); };
  converters["Squeeze"] = [](OnnxNode& node) { give_reshaped(node, squeezed_shape(node)); };
  converters["Unsqueeze"] = [](OnnxNode& node) { give_reshaped(node, unsqueezed_shape(node)); };
  converters["Transpose"] = convert_transpose;
  converters["Concat"] = convert_concat;
  converters["Split"] = convert_split;
  converters["Slice"] = convert_slice;
  converters["Pad"] = convert_pad;
  converters["Expand"] = convert_expand;
  converters["Tile"] = convert_tile;
  converters["Gather"] = convert_gather;
  converters["DepthToSpace"] = convert_depth_to_space;
  converters["SpaceToDepth"] = convert_space_to_depth;
}

}  // namespace thaw::onnx_io
