#pragma once

#include "graph/graph.h"
#include "zoo/parameters.h"

namespace thaw {

/// How a parameter of an ONNX model starts where its file's values are not wanted.
struct FreshStart {
  Initializer initializer = ZEROS;
  Fans fans = {};
};

/// By what `node` reads it as: kernels HE_NORMAL, matrices GLOROT_UNIFORM, factors 1, what is added 0; a normalization
/// begins as one that changes nothing. What has no such role starts as a matrix if it has two axes or more, otherwise
/// at 0.
FreshStart fresh_start(const Shape& shape, const Node& node, std::size_t input);

}  // namespace thaw
