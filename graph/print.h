#pragma once

#include <string>

#include "graph/graph.h"

namespace thaw {

/// The graph as text, a node a line:
/// "forward   conv2d/Conv : f32 64x16x73x73 = Conv(image, conv2d/kernel, conv2d/bias)  strides=[1,1]".
std::string print(const Graph& graph);

}  // namespace thaw
