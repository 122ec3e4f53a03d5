// Operators that move or rename elements and compute nothing, from the ONNX text: Flatten-13, Reshape, Identity, Cast,
// Concat, Split, Slice, Pad-19, Transpose, DepthToSpace, SpaceToDepth, Gather, Expand, Tile. Each one that moves says
// for an output index which input index it reads; its gradient adds the other way round.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "tests/reference/functions.h"
#include "tests/reference/index.h"

namespace thaw::reference {
namespace {

/// For an output index, writes the input index it reads; false where it reads none.
using Source = std::function<bool(const Index& to, Index& from)>;

Tensor gather_from(const Tensor& x, const Shape& y_shape, const Source& source, double otherwise = 0) {
  Tensor y(y_shape);
  for_each_index(y_shape, [&](const Index& to) {
    Index from = to;
    element(y, to) = source(to, from) ? element(x, from) : otherwise;
  });
  return y;
}

Tensor scatter_to(const Tensor& dy, const Shape& x_shape, const Source& source) {
  Tensor dx(x_shape);
  for_each_index(dy.shape, [&](const Index& to) {
    Index from = to;
    if (source(to, from)) element(dx, from) += element(dy, to);
  });
  return dx;
}

std::vector<Tensor> flatten(const Call& call) {
  const Tensor& x = call.in(0);
  std::int64_t axis = call.node.attributes.integer("axis", 1);
  if (axis < 0) axis += static_cast<std::int64_t>(x.shape.size());
  std::int64_t rows = 1, columns = 1;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(x.shape.size()); ++i) {
    (i < axis ? rows : columns) *= x.extent(static_cast<int>(i));
  }
  return {Tensor({rows, columns}, x.values)};
}

std::vector<Tensor> reshape(const Call& call) {
  return {Tensor(call.node.attributes.integers("shape"), call.in(0).values)};
}

std::vector<Tensor> identity(const Call& call) { return {call.in(0)}; }

std::vector<Tensor> cast(const Call& call) {
  Tensor y = call.in(0);
  if (call.node.attributes.text("to") == "f32") return {y};
  for (double& value : y.values) {
    constexpr double kLeast = std::numeric_limits<std::int32_t>::min(),
                     kMost = std::numeric_limits<std::int32_t>::max();
    value = std::isnan(value) ? 0 : std::clamp(std::trunc(value), kLeast, kMost);
  }
  return {y};
}

std::vector<Tensor> concat(const Call& call) {
  Shape shape = call.in(0).shape;
  const std::size_t axis = real_axis(call.node.attributes.integer("axis"), shape);
  shape[axis] = 0;
  for (const Tensor* x : call.inputs) shape[axis] += x->shape[axis];
  Tensor y(shape);
  std::int64_t begin = 0;
  for (const Tensor* x : call.inputs) {
    for_each_index(x->shape, [&](const Index& from) {
      Index to = from;
      to[axis] += begin;
      element(y, to) = element(*x, from);
    });
    begin += x->shape[axis];
  }
  return {y};
}

std::vector<Tensor> split(const Call& call) {
  const Tensor& x = call.in(0);
  const std::size_t axis = real_axis(call.node.attributes.integer("axis"), x.shape);
  std::vector<Tensor> parts;
  std::int64_t begin = 0;
  for (const std::int64_t extent : call.node.attributes.integers("split")) {
    Shape shape = x.shape;
    shape[axis] = extent;
    parts.push_back(gather_from(x, shape, [&](const Index&, Index& from) {
      from[axis] += begin;
      return true;
    }));
    begin += extent;
  }
  return parts;
}

/// Output index i of a sliced axis reads start + i * step, as long as that lies before end.
struct Slicing {
  Shape starts, steps, extents;

  Slicing(const Attributes& attributes, const Shape& x) : starts(x.size(), 0), steps(x.size(), 1), extents(x) {
    const auto all_starts = attributes.integers("starts"), all_ends = attributes.integers("ends");
    const auto all_axes = attributes.integers("axes"), all_steps = attributes.integers("steps");
    for (std::size_t i = 0; i < all_starts.size(); ++i) {
      const std::size_t axis = all_axes.empty() ? i : real_axis(all_axes[i], x);
      starts[axis] = all_starts[i];
      steps[axis] = all_steps.empty() ? 1 : all_steps[i];
      extents[axis] = 0;
      for (std::int64_t at = starts[axis]; steps[axis] > 0 ? at < all_ends[i] : at > all_ends[i]; at += steps[axis]) {
        ++extents[axis];
      }
    }
  }
  Source source() const {
    return [*this](const Index& to, Index& from) {
      for (std::size_t axis = 0; axis < to.size(); ++axis) from[axis] = starts[axis] + to[axis] * steps[axis];
      return true;
    };
  }
};

std::vector<Tensor> slice(const Call& call) {
  const Slicing slicing(call.node.attributes, call.in(0).shape);
  return {gather_from(call.in(0), slicing.extents, slicing.source())};
}

std::vector<Tensor> slice_grad(const Call& call) {
  const Shape shape = call.node.attributes.integers("input_shape");
  return {scatter_to(call.in(0), shape, Slicing(call.node.attributes, shape).source())};
}

/// Walks from the padded axis's element `i` back into low..high-1, one step at a time.
bool walk_into(const std::string& mode, std::int64_t low, std::int64_t high, std::int64_t& i) {
  while (i < low || i >= high) {
    if (mode == "constant") return false;
    if (mode == "edge") i += i < low ? 1 : -1;
    if (mode == "wrap") i += i < low ? high - low : low - high;
    if (mode == "reflect") i = high - low == 1 ? low : i < low ? 2 * low - i : 2 * (high - 1) - i;
  }
  return true;
}

/// Negative pads crop; what is left is what the modes repeat.
Source pad_source(const Attributes& attributes, const Shape& x) {
  const Shape pads = attributes.integers("pads");
  const std::string mode = attributes.text("mode", "constant");
  return [=](const Index& to, Index& from) {
    bool is_inside = true;
    for (std::size_t axis = 0; axis < to.size(); ++axis) {
      const std::int64_t begin = pads[axis], end = pads[axis + x.size()];
      from[axis] = to[axis] - begin;
      is_inside = walk_into(mode, begin < 0 ? -begin : 0, end < 0 ? x[axis] + end : x[axis], from[axis]) && is_inside;
    }
    return is_inside;
  };
}

std::vector<Tensor> pad(const Call& call) {
  const Tensor& x = call.in(0);
  const Shape pads = call.node.attributes.integers("pads");
  Shape shape = x.shape;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) shape[axis] += pads[axis] + pads[axis + shape.size()];
  return {gather_from(x, shape, pad_source(call.node.attributes, x.shape), call.node.attributes.real("value"))};
}

std::vector<Tensor> pad_grad(const Call& call) {
  const Shape shape = call.node.attributes.integers("input_shape");
  return {scatter_to(call.in(0), shape, pad_source(call.node.attributes, shape))};
}

std::vector<Tensor> transpose(const Call& call) {
  const Tensor& x = call.in(0);
  Index perm = call.node.attributes.integers("perm");
  if (!call.node.attributes.has("perm")) {
    for (std::size_t i = 0; i < x.shape.size(); ++i) perm.insert(perm.begin(), static_cast<std::int64_t>(i));
  }
  Shape shape;
  for (const std::int64_t axis : perm) shape.push_back(x.extent(static_cast<int>(axis)));
  return {gather_from(x, shape, [&](const Index& to, Index& from) {
    for (std::size_t i = 0; i < perm.size(); ++i) from[static_cast<std::size_t>(perm[i])] = to[i];
    return true;
  })};
}

/// Channel of the deep picture that holds row `by`, column `bx` of each block of wide channel `c`.
std::int64_t deep_channel(const Attributes& attributes, std::int64_t wide_channels, std::int64_t c, std::int64_t by,
                          std::int64_t bx) {
  const std::int64_t b = attributes.integer("blocksize");
  return attributes.text("mode", "DCR") == "DCR" ? (by * b + bx) * wide_channels + c : (c * b + by) * b + bx;
}

std::vector<Tensor> depth_to_space(const Call& call) {
  const Tensor& x = call.in(0);
  const std::int64_t b = call.node.attributes.integer("blocksize"), c = x.extent(1) / (b * b);
  return {gather_from(x, {x.extent(0), c, x.extent(2) * b, x.extent(3) * b}, [&](const Index& to, Index& from) {
    from = {to[0], deep_channel(call.node.attributes, c, to[1], to[2] % b, to[3] % b), to[2] / b, to[3] / b};
    return true;
  })};
}

std::vector<Tensor> space_to_depth(const Call& call) {
  const Tensor& x = call.in(0);
  const std::int64_t b = call.node.attributes.integer("blocksize"), c = x.extent(1);
  Tensor y({x.extent(0), c * b * b, x.extent(2) / b, x.extent(3) / b});
  for_each_index(x.shape, [&](const Index& from) {
    const std::int64_t channel = deep_channel(call.node.attributes, c, from[1], from[2] % b, from[3] % b);
    element(y, {from[0], channel, from[2] / b, from[3] / b}) = element(x, from);
  });
  return {y};
}

/// The axes of `indices` stand where `axis` of the data was.
Source gather_source(const Attributes& attributes, const Shape& data, const Tensor& indices) {
  const std::size_t axis = real_axis(attributes.integer("axis"), data), rank = indices.shape.size();
  return [=](const Index& to, Index& from) {
    const auto at = to.begin() + static_cast<std::ptrdiff_t>(axis), after = at + static_cast<std::ptrdiff_t>(rank);
    auto chosen = static_cast<std::int64_t>(element(indices, Index(at, after)));
    if (chosen < 0) chosen += data[axis];
    from.assign(to.begin(), at);
    from.push_back(chosen);
    from.insert(from.end(), after, to.end());
    return chosen >= 0 && chosen < data[axis];
  };
}

std::vector<Tensor> gather(const Call& call) {
  const Tensor& data = call.in(0);
  const Tensor& indices = call.in(1);
  const auto at = static_cast<std::ptrdiff_t>(real_axis(call.node.attributes.integer("axis"), data.shape));
  Shape shape(data.shape.begin(), data.shape.begin() + at);
  shape.insert(shape.end(), indices.shape.begin(), indices.shape.end());
  shape.insert(shape.end(), data.shape.begin() + at + 1, data.shape.end());
  return {gather_from(data, shape, gather_source(call.node.attributes, data.shape, indices),
                      std::numeric_limits<double>::quiet_NaN())};
}

std::vector<Tensor> gather_grad(const Call& call) {
  const Shape shape = call.node.attributes.integers("input_shape");
  return {scatter_to(call.in(0), shape, gather_source(call.node.attributes, shape, call.in(1)))};
}

std::vector<Tensor> expand(const Call& call) {
  const Tensor& x = call.in(0);
  Shape shape = call.node.attributes.integers("shape");
  while (shape.size() < x.shape.size()) shape.insert(shape.begin(), 1);
  const std::size_t extra = shape.size() - x.shape.size();
  for (std::size_t axis = 0; axis < x.shape.size(); ++axis) {
    if (shape[axis + extra] == 1) shape[axis + extra] = x.shape[axis];
  }
  return {gather_from(x, shape, [&](const Index& to, Index& from) {
    from.resize(x.shape.size());
    for (std::size_t axis = 0; axis < from.size(); ++axis) from[axis] = x.shape[axis] == 1 ? 0 : to[axis + extra];
    return true;
  })};
}

Source tile_source(const Shape& x) {
  return [=](const Index&, Index& from) {
    for (std::size_t axis = 0; axis < from.size(); ++axis) from[axis] %= x[axis];
    return true;
  };
}

std::vector<Tensor> tile(const Call& call) {
  Shape shape = call.in(0).shape;
  const Index repeats = call.node.attributes.integers("repeats");
  for (std::size_t axis = 0; axis < shape.size(); ++axis) shape[axis] *= repeats[axis];
  return {gather_from(call.in(0), shape, tile_source(call.in(0).shape))};
}

std::vector<Tensor> tile_grad(const Call& call) {
  Shape shape = call.in(0).shape;
  const Index repeats = call.node.attributes.integers("repeats");
  for (std::size_t axis = 0; axis < shape.size(); ++axis) shape[axis] /= repeats[axis];
  return {scatter_to(call.in(0), shape, tile_source(shape))};
}

}  // namespace

void add_shape(Functions& functions) {
  functions["Flatten"] = flatten;
  functions["Reshape"] = reshape;
  functions["Identity"] = identity;
  functions["Cast"] = cast;
  functions["Concat"] = concat;
  functions["Split"] = split;
  functions["Slice"] = slice;
  functions["SliceGrad"] = slice_grad;
  functions["Pad"] = pad;
  functions["PadGrad"] = pad_grad;
  functions["Transpose"] = transpose;
  functions["DepthToSpace"] = depth_to_space;
  functions["SpaceToDepth"] = space_to_depth;
  functions["Gather"] = gather;
  functions["GatherGrad"] = gather_grad;
  functions["Expand"] = expand;
  functions["Tile"] = tile;
  functions["TileGrad"] = tile_grad;
}

}  // namespace thaw::reference
