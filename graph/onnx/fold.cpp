// What is computed while a model is read: the arithmetic of shapes and indices, and whatever else depends on known
// tensors alone. Exporters write x.view(x.size(0), -1) as a dozen such nodes.
#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "graph/onnx/node.h"
#include "graph/onnx/ranges.h"

namespace thaw::onnx_io {
namespace {

// A model of a few bytes must not ask for gigabytes. Weights of more elements are left to the operators of the run.
constexpr std::int64_t kMostElements = std::int64_t{1} << 22;

Literal sized(ElementType type, Shape shape) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 0) throw Unsupported("would make a tensor of negative extent");
    if (__builtin_mul_overflow(count, extent, &count) || count > kMostElements) {
      throw Unsupported("would make a tensor of more than " + std::to_string(kMostElements) +
                        " elements while reading");
    }
  }
  Literal result{type, std::move(shape), {}};
  result.values.resize(static_cast<std::size_t>(count));
  return result;
}

/// Calls visit(position in the row-major result, index) for every index of a shape.
template <typename Visit>
void for_each_index(const Shape& shape, Visit visit) {
  const std::int64_t count = element_count(shape);
  Shape index(shape.size(), 0);
  for (std::int64_t at = 0; at < count; ++at) {
    visit(static_cast<std::size_t>(at), index);
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      if (++index[axis] < shape[axis]) break;
      index[axis] = 0;
    }
  }
}

/// Where an index of a broadcast result lies in an operand.
std::size_t broadcast_place(const Shape& index, const Shape& shape, const Shape& strides) {
  const std::size_t extra = index.size() - shape.size();
  std::int64_t place = 0;
  for (std::size_t i = 0; i < shape.size(); ++i) place += shape[i] == 1 ? 0 : index[i + extra] * strides[i];
  return static_cast<std::size_t>(place);
}

using Binary = double (*)(double, double);

Literal binary(const Literal& a, const Literal& b, ElementType type, Binary f) {
  Literal result = sized(type, broadcast_shape(a.shape, b.shape));
  const Shape a_strides = strides_of(a.shape), b_strides = strides_of(b.shape);
  for_each_index(result.shape, [&](std::size_t at, const Shape& index) {
    const double x = a.values[broadcast_place(index, a.shape, a_strides)];
    const double y = b.values[broadcast_place(index, b.shape, b_strides)];
    result.values[at] = wrapped(f(x, y), type);
  });
  return result;
}

double divided(double a, double b) { return a / b; }
double power(double a, double b) { return std::pow(a, b); }
double floor_mod(double a, double b) { return b == 0 ? 0 : a - std::floor(a / b) * b; }

/// Arithmetic of any number of operands of one type.
const std::map<std::string, Binary> kArithmetic{
    {"Add", [](double a, double b) { return a + b; }},
    {"Sub", [](double a, double b) { return a - b; }},
    {"Mul", [](double a, double b) { return a * b; }},
    {"Div", divided},
    {"Pow", power},
    {"Mod", floor_mod},
    {"Sum", [](double a, double b) { return a + b; }},
    {"Max", [](double a, double b) { return a != a || a > b ? a : b; }},
    {"Min", [](double a, double b) { return a != a || a < b ? a : b; }},
};

const std::map<std::string, Binary> kComparisons{
    {"Equal", [](double a, double b) -> double { return a == b; }},
    {"Less", [](double a, double b) -> double { return a < b; }},
    {"LessOrEqual", [](double a, double b) -> double { return a <= b; }},
    {"Greater", [](double a, double b) -> double { return a > b; }},
    {"GreaterOrEqual", [](double a, double b) -> double { return a >= b; }},
    {"And", [](double a, double b) -> double { return a != 0 && b != 0; }},
    {"Or", [](double a, double b) -> double { return a != 0 || b != 0; }},
    {"Xor", [](double a, double b) -> double { return (a != 0) != (b != 0); }},
};

using Unary = double (*)(double);
const std::map<std::string, Unary> kUnary{
    {"Abs", [](double x) { return std::abs(x); }},
    {"Neg", [](double x) { return -x; }},
    {"Floor", [](double x) { return std::floor(x); }},
    {"Ceil", [](double x) { return std::ceil(x); }},
    {"Sqrt", [](double x) { return std::sqrt(x); }},
    {"Exp", [](double x) { return std::exp(x); }},
    {"Log", [](double x) { return std::log(x); }},
    {"Not", [](double x) -> double { return x == 0; }},
    {"Reciprocal", [](double x) { return 1 / x; }},
    {"Relu", [](double x) { return x < 0 ? 0 : x; }},
    {"Sign", [](double x) -> double { return (x > 0) - (x < 0); }},
};

/// The elements of `from` at the places that `place` gives for each index of the result.
Literal gathered(const Literal& from, Shape shape, const std::function<std::int64_t(const Shape&)>& place) {
  Literal result = sized(from.type, std::move(shape));
  for_each_index(result.shape, [&](std::size_t at, const Shape& index) {
    result.values[at] = from.values.at(static_cast<std::size_t>(place(index)));
  });
  return result;
}

Literal reshaped(Literal literal, Shape shape) {
  literal.shape = std::move(shape);
  return literal;
}

Literal fold_gather(OnnxNode& node) {
  const Literal &data = node.literal(0, "data"), &indices = node.literal(1, "indices");
  const auto axis = static_cast<std::size_t>(node.axis(node.integer("axis", 0), node.rank(0)));
  Shape shape(data.shape.begin(), data.shape.begin() + static_cast<std::ptrdiff_t>(axis));
  shape.insert(shape.end(), indices.shape.begin(), indices.shape.end());
  shape.insert(shape.end(), data.shape.begin() + static_cast<std::ptrdiff_t>(axis) + 1, data.shape.end());
  const Shape strides = strides_of(data.shape), index_strides = strides_of(indices.shape);
  const auto wanted = checked_indices(indices, data.shape[axis]);
  return gathered(data, shape, [&](const Shape& index) {
    std::int64_t place = 0, which = 0;
    for (std::size_t i = 0; i < axis; ++i) place += index[i] * strides[i];
    for (std::size_t i = 0; i < indices.shape.size(); ++i) which += index[axis + i] * index_strides[i];
    place += wanted[static_cast<std::size_t>(which)] * strides[axis];
    for (std::size_t i = axis + 1; i < data.shape.size(); ++i)
      place += index[i - 1 + indices.shape.size()] * strides[i];
    return place;
  });
}

Literal fold_concat(OnnxNode& node) {
  const auto axis = static_cast<std::size_t>(node.axis(node.integer("axis", 0), node.rank(0)));
  Shape shape = node.shape(0);
  shape[axis] = 0;
  for (int i = 0; i < node.input_count(); ++i) {
    Shape one = node.shape(i);
    if (one.size() != shape.size()) throw Unsupported("inputs differ in rank");
    shape[axis] += one[axis];
    one[axis] = node.shape(0)[axis];
    if (one != node.shape(0)) throw Unsupported("inputs differ in another axis than the one they are joined along");
  }
  Literal result = sized(node.type(0), shape);
  const Shape strides = strides_of(shape);
  std::int64_t begin = 0;
  for (int i = 0; i < node.input_count(); ++i) {
    const Literal& part = node.literal(i, "part");
    for_each_index(part.shape, [&](std::size_t at, const Shape& index) {
      std::int64_t place = begin * strides[axis];
      for (std::size_t k = 0; k < index.size(); ++k) place += index[k] * strides[k];
      result.values[static_cast<std::size_t>(place)] = part.values[at];
    });
    begin += part.shape[axis];
  }
  return result;
}

Literal fold_slice(OnnxNode& node) {
  const Literal& data = node.literal(0, "data");
  const SliceRange range = slice_range(node);
  const Shape strides = strides_of(data.shape);
  return gathered(data, range.shape, [&](const Shape& index) {
    std::int64_t place = 0;
    for (std::size_t i = 0; i < index.size(); ++i) place += (range.starts[i] + index[i] * range.steps[i]) * strides[i];
    return place;
  });
}

Literal fold_transpose(OnnxNode& node) {
  const Literal& data = node.literal(0, "data");
  const auto perm = transpose_order(node);
  const Shape strides = strides_of(data.shape);
  Shape shape;
  for (const std::int64_t axis : perm) shape.push_back(data.shape[static_cast<std::size_t>(axis)]);
  return gathered(data, shape, [&](const Shape& index) {
    std::int64_t place = 0;
    for (std::size_t i = 0; i < index.size(); ++i) place += index[i] * strides[static_cast<std::size_t>(perm[i])];
    return place;
  });
}

Literal fold_expand(OnnxNode& node) {
  const Literal& data = node.literal(0, "data");
  const Shape shape = broadcast_shape(data.shape, node.integers_of(1, "shape"));
  const Shape strides = strides_of(data.shape);
  return gathered(data, shape, [&](const Shape& index) {
    return static_cast<std::int64_t>(broadcast_place(index, data.shape, strides));
  });
}

Literal fold_where(OnnxNode& node) {
  const Literal &c = node.literal(0, "condition"), &a = node.literal(1, "X"), &b = node.literal(2, "Y");
  Literal result = sized(a.type, broadcast_shape(c.shape, broadcast_shape(a.shape, b.shape)));
  const Shape sc = strides_of(c.shape), sa = strides_of(a.shape), sb = strides_of(b.shape);
  for_each_index(result.shape, [&](std::size_t at, const Shape& index) {
    result.values[at] = c.values[broadcast_place(index, c.shape, sc)] != 0
                            ? a.values[broadcast_place(index, a.shape, sa)]
                            : b.values[broadcast_place(index, b.shape, sb)];
  });
  return result;
}

Literal fold_range(OnnxNode& node) {
  const auto scalar = [&](int i) {
    const Literal& literal = node.literal(i, "bound");
    if (literal.values.size() != 1) throw Unsupported("needs scalars");
    return literal.values[0];
  };
  const double start = scalar(0), limit = scalar(1), delta = scalar(2);
  const double count = delta == 0 ? -1 : std::ceil((limit - start) / delta);
  if (delta == 0) throw Unsupported("its step is zero");
  if (!(count < static_cast<double>(kMostElements))) throw Unsupported("counts too far");
  // Backwards there is nothing to count, however far.
  Literal result = sized(node.type(0), {static_cast<std::int64_t>(std::max(count, 0.0))});
  for (std::size_t i = 0; i < result.values.size(); ++i) result.values[i] = start + static_cast<double>(i) * delta;
  return result;
}

Literal fold_clip(OnnxNode& node) {
  const auto [low, high] = clip_limits(node);
  Literal result = node.literal(0, "input");
  for (double& value : result.values) value = std::min(std::max(value, low), high);
  return result;
}

Literal fold_cast(OnnxNode& node) {
  Literal result = node.literal(0, "input");
  result.type = element_type_of(static_cast<int>(node.integer("to", 1)));
  for (double& value : result.values) value = wrapped(value, result.type);
  return result;
}

Literal fold_constant_of_shape(OnnxNode& node) {
  const auto value = node.tensor("value");
  if (value && value->values.size() != 1) throw Unsupported("value must be one element");
  Literal result = sized(value ? value->type : ElementType::kFloat32, node.integers_of(0, "shape"));
  std::fill(result.values.begin(), result.values.end(), value ? value->values[0] : 0.0);
  return result;
}

Literal fold_reduce(OnnxNode& node, double start, Binary f) {
  const Literal& data = node.literal(0, "data");
  const Reduction reduction = reduction_of(node);
  Shape kept = data.shape;
  for (const std::int64_t axis : reduction.axes) kept[static_cast<std::size_t>(axis)] = 1;
  Literal result = sized(data.type, kept);
  std::fill(result.values.begin(), result.values.end(), start);
  const Shape strides = strides_of(kept);
  for_each_index(data.shape, [&](std::size_t at, const Shape& index) {
    double& sum = result.values[broadcast_place(index, kept, strides)];
    sum = wrapped(f(sum, data.values[at]), data.type);
  });
  return reshaped(std::move(result), reduction.shape(data.shape));
}

/// Operators with a function of their own; each gives output 0.
const std::map<std::string, Literal (*)(OnnxNode&)> kFunctions{
    {"Cast", fold_cast},
    {"Clip", fold_clip},
    {"Concat", fold_concat},
    {"ConstantOfShape", fold_constant_of_shape},
    {"Expand", fold_expand},
    {"Flatten", [](OnnxNode& node) { return reshaped(node.literal(0, "data"), flat_shape(node)); }},
    {"Gather", fold_gather},
    {"Identity", [](OnnxNode& node) { return node.literal(0, "input"); }},
    {"Range", fold_range},
    {"ReduceMax",
     [](OnnxNode& node) { return fold_reduce(node, -INFINITY, [](double a, double b) { return std::max(a, b); }); }},
    {"ReduceMin",
     [](OnnxNode& node) { return fold_reduce(node, INFINITY, [](double a, double b) { return std::min(a, b); }); }},
    {"ReduceProd", [](OnnxNode& node) { return fold_reduce(node, 1, [](double a, double b) { return a * b; }); }},
    {"ReduceSum", [](OnnxNode& node) { return fold_reduce(node, 0, [](double a, double b) { return a + b; }); }},
    {"Reshape", [](OnnxNode& node) { return reshaped(node.literal(0, "data"), wanted_shape(node)); }},
    {"Slice", fold_slice},
    {"Squeeze", [](OnnxNode& node) { return reshaped(node.literal(0, "data"), squeezed_shape(node)); }},
    {"Transpose", fold_transpose},
    {"Unsqueeze", [](OnnxNode& node) { return reshaped(node.literal(0, "data"), unsqueezed_shape(node)); }},
    {"Where", fold_where},
};

Literal fold_arithmetic(OnnxNode& node, Binary f) {
  Literal result = node.literal(0, "operand");
  const ElementType type = result.type;
  const bool is_division_by_zero = node.op() == "Div" && !is_real(type);
  for (int i = 1; i < node.input_count(); ++i) {
    const Literal& next = node.literal(i, "operand");
    if (is_division_by_zero && std::count(next.values.begin(), next.values.end(), 0.0) > 0) {
      throw Unsupported("divides integers by zero");
    }
    result = binary(result, next, type, f);
  }
  return result;
}

}  // namespace

bool fold(OnnxNode& node) {
  if (node.input_count() == 0 || !node.all_literals()) return false;
  for (int i = 0; i < node.input_count(); ++i) {
    if (node.has_input(i) && is_real(node.type(i)) && element_count(node.shape(i)) > kMostElements) return false;
  }
  if (const auto found = kFunctions.find(node.op()); found != kFunctions.end()) {
    node.give(0, found->second(node));
  } else if (const auto arithmetic = kArithmetic.find(node.op()); arithmetic != kArithmetic.end()) {
    node.ignore({"fmod"});
    node.give(0, fold_arithmetic(node, arithmetic->second));
  } else if (const auto comparison = kComparisons.find(node.op()); comparison != kComparisons.end()) {
    node.give(0, binary(node.literal(0, "A"), node.literal(1, "B"), ElementType::kBool, comparison->second));
  } else if (const auto unary = kUnary.find(node.op()); unary != kUnary.end()) {
    Literal result = node.literal(0, "input");
    for (double& value : result.values) value = wrapped(unary->second(value), result.type);
    node.give(0, std::move(result));
  } else {
    return false;
  }
  return true;
}

}  // namespace thaw::onnx_io
