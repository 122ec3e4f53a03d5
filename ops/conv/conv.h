#pragma once

#include "graph/graph.h"

namespace thaw {

/// Makes the Add at `node_index` the fourth input of a convolution that computes one of its summands, if nobody else
/// reads that. For graphs that are never differentiated.
bool fuse_residual(Graph& graph, int node_index);

}  // namespace thaw
