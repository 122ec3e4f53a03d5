#pragma once

#include "graph/op_registry.h"

namespace thaw {

// What the shape family's attributes mean, for inference, gradient rules and kernels alike.

/// A Slice seen from every axis: output index i reads input index starts + i * steps.
struct SliceRange {
  Shape starts, steps, extents;

  /// Reads starts, ends, axes (all of the first ones) and steps (1).
  static SliceRange of(const Attributes& attributes, const Shape& input);
};

/// Along one axis of a Pad, what each output index reads: an input index, or -1 for the constant.
/// Pads may be negative: then the axis is cropped first, and what is left is reflected, repeated or wrapped.
std::vector<std::int64_t> pad_sources(const std::string& mode, std::int64_t extent, std::int64_t begin,
                                      std::int64_t end);

/// DepthToSpace and SpaceToDepth as six loops: picture n, channel c of the deep picture's share, row y, row in block
/// by, column x, column in block bx. Strides are of row-major tensors.
struct BlockShuffle {
  Shape extents, deep_strides, wide_strides;

  static BlockShuffle of(const Attributes& attributes, const Shape& deep);
};

/// Strides of a row-major tensor, in elements.
Shape row_major_strides(const Shape& shape);

// The definitions of the family, one function a file.
void define_rename(OpRegistry& registry);     ///< Flatten, Reshape, Identity, Cast
void define_rearrange(OpRegistry& registry);  ///< Transpose, Slice, Pad, DepthToSpace, SpaceToDepth
void define_join(OpRegistry& registry);       ///< Concat, Split, Gather, Expand, Tile

}  // namespace thaw
