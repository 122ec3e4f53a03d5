#include "graph/onnx/ranges.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace thaw::onnx_io {

SliceRange slice_range(OnnxNode& node) {
  const Shape& data = node.shape(0);
  const bool has_inputs = node.opset() >= 10;
  auto starts = has_inputs ? node.integers_of(1, "starts") : node.integers("starts");
  auto ends = has_inputs ? node.integers_of(2, "ends") : node.integers("ends");
  std::vector<std::int64_t> axes = has_inputs
                                       ? (node.has_input(3) ? node.integers_of(3, "axes") : std::vector<std::int64_t>{})
                                       : node.integers("axes");
  std::vector<std::int64_t> steps =
      has_inputs && node.has_input(4) ? node.integers_of(4, "steps") : std::vector<std::int64_t>(starts.size(), 1);
  if (axes.empty()) {
    axes.resize(starts.size());
    std::iota(axes.begin(), axes.end(), 0);
  }
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size()) {
    throw Unsupported("starts, ends, axes and steps are of different lengths");
  }
  axes = node.axes(axes, node.rank(0));
  SliceRange range{std::vector<std::int64_t>(data.size(), 0), std::vector<std::int64_t>(data.size(), 1), data};
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto axis = static_cast<std::size_t>(axes[i]);
    const std::int64_t extent = data[axis], step = steps[i];
    if (step == 0) throw Unsupported("a step is zero");
    const auto from_end = [&](std::int64_t at) { return at < 0 ? at + extent : at; };
    // Backwards, -1 stands for "before the first": ONNX clamps to it.
    const std::int64_t low = step > 0 ? 0 : -1, high = step > 0 ? extent : extent - 1;
    const std::int64_t start = std::clamp(from_end(starts[i]), step > 0 ? 0 : std::int64_t{0} - (extent == 0), high);
    const std::int64_t end = std::clamp(from_end(ends[i]), low, high);
    const std::int64_t span = step > 0 ? end - start : start - end;
    const std::int64_t stride =
        step > 0
            ? step
            : (step == std::numeric_limits<std::int64_t>::min() ? std::numeric_limits<std::int64_t>::max() : -step);
    range.starts[axis] = start;
    range.steps[axis] = step;
    range.shape[axis] = span <= 0 ? 0 : (span - 1) / stride + 1;
  }
  return range;
}

Shape Reduction::shape(const Shape& data) const {
  Shape result;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const bool is_reduced = std::find(axes.begin(), axes.end(), static_cast<std::int64_t>(i)) != axes.end();
    if (!is_reduced) result.push_back(data[i]);
    if (is_reduced && keeps_dims) result.push_back(1);
  }
  return result;
}

std::vector<std::int64_t> axes_of(OnnxNode& node, int input, std::int64_t since) {
  if (node.opset() < since) return node.integers("axes");
  return node.has_input(input) ? node.integers_of(input, "axes") : std::vector<std::int64_t>{};
}

Reduction reduction_of(OnnxNode& node) {
  Reduction reduction;
  reduction.axes = node.axes(axes_of(node, 1, node.op() == "ReduceSum" ? 13 : 18), node.rank(0));
  reduction.keeps_dims = node.integer("keepdims", 1) != 0;
  const bool does_nothing = node.integer("noop_with_empty_axes", 0) != 0;
  if (reduction.axes.empty() && !does_nothing) {
    reduction.axes.resize(node.shape(0).size());
    std::iota(reduction.axes.begin(), reduction.axes.end(), 0);
  }
  return reduction;
}

Shape wanted_shape(OnnxNode& node) {
  Shape shape = node.opset() < 5 ? node.integers("shape") : node.integers_of(1, "shape");
  const Shape& data = node.shape(0);
  const bool allows_zero = node.integer("allowzero", 0) != 0;
  std::int64_t known = 1;
  std::ptrdiff_t open = -1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0 && !allows_zero) {
      if (i >= data.size()) throw Unsupported("copies an extent that its input does not have");
      shape[i] = data[i];
    }
    if (shape[i] < -1) throw Unsupported("wants a negative extent");
    if (shape[i] == -1 && open >= 0) throw Unsupported("leaves more than one extent open");
    if (shape[i] == -1) {
      open = static_cast<std::ptrdiff_t>(i);
    } else if (__builtin_mul_overflow(known, shape[i], &known)) {
      throw Unsupported("wants more elements than can be counted");
    }
  }
  const std::int64_t count = element_count(data);
  if (open >= 0 && (known == 0 || count % known != 0)) {
    throw Unsupported("cannot lay " + to_text(data) + " out as " + to_text(shape));
  }
  if (open >= 0) shape[static_cast<std::size_t>(open)] = count / known;
  if (open < 0 && known != count) throw Unsupported("cannot lay " + to_text(data) + " out as " + to_text(shape));
  return shape;
}

Shape flat_shape(OnnxNode& node) {
  const Shape& data = node.shape(0);
  const std::int64_t given = node.integer("axis", 1), rank = node.rank(0);
  const std::int64_t axis = given == rank ? rank : node.axis(given, std::max<std::int64_t>(rank, 1));
  const auto middle = data.begin() + static_cast<std::ptrdiff_t>(std::min(axis, rank));
  return {element_count(Shape(data.begin(), middle)), element_count(Shape(middle, data.end()))};
}

Shape squeezed_shape(OnnxNode& node) {
  const Shape& data = node.shape(0);
  std::vector<std::int64_t> axes = node.axes(axes_of(node, 1, 13), node.rank(0));
  if (axes.empty()) {
    for (std::size_t i = 0; i < data.size(); ++i) {
      if (data[i] == 1) axes.push_back(static_cast<std::int64_t>(i));
    }
  }
  for (const std::int64_t axis : axes) {
    if (data[static_cast<std::size_t>(axis)] != 1)
      throw Unsupported("squeezes an axis of extent " + std::to_string(data[static_cast<std::size_t>(axis)]));
  }
  return Reduction{axes, false}.shape(data);
}

Shape unsqueezed_shape(OnnxNode& node) {
  const Shape& data = node.shape(0);
  const auto given = axes_of(node, 1, 13);
  const std::int64_t rank = node.rank(0) + static_cast<std::int64_t>(given.size());
  const auto axes = node.axes(given, rank);
  Shape result;
  std::size_t next = 0;
  for (std::int64_t i = 0; i < rank; ++i) {
    const bool is_new = std::find(axes.begin(), axes.end(), i) != axes.end();
    result.push_back(is_new ? 1 : data[next++]);
  }
  return result;
}

std::vector<std::int64_t> transpose_order(OnnxNode& node) {
  std::vector<std::int64_t> reversed(node.shape(0).size());
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  const auto perm = node.axes(node.integers("perm", reversed), node.rank(0));
  if (perm.size() != reversed.size())
    throw Unsupported("perm names " + std::to_string(perm.size()) + " axes of " + std::to_string(reversed.size()));
  return perm;
}

std::pair<double, double> clip_limits(OnnxNode& node) {
  constexpr double kNone = std::numeric_limits<double>::infinity();
  if (node.opset() < 11) return {node.real("min", -kNone), node.real("max", kNone)};
  const auto limit = [&](int i, double fallback) {
    if (!node.has_input(i)) return fallback;
    const Literal& literal = node.literal(i, i == 1 ? "min" : "max");
    if (literal.values.size() != 1) throw Unsupported("a limit must be a scalar");
    return literal.values[0];
  };
  return {limit(1, -kNone), limit(2, kNone)};
}

std::vector<std::int64_t> checked_indices(const Literal& indices, std::int64_t extent) {
  auto result = indices.integers();
  for (std::int64_t& index : result) {
    if (index < -extent || index >= extent) {
      throw Unsupported("index " + std::to_string(index) + " is not in an axis of " + std::to_string(extent));
    }
    if (index < 0) index += extent;
  }
  return result;
}

}  // namespace thaw::onnx_io
