#pragma once

#include "graph/op_registry.h"

namespace thaw {

/// Applies the registry's fusion rules until none fits. Returns the number of rewrites.
int fuse(Graph& graph, const OpRegistry& registry);

/// The same with the rules for graphs that are never differentiated too.
int fuse_for_inference(Graph& graph, const OpRegistry& registry);

/// Drops the nodes that neither lead to an output nor have a side effect. Returns how many.
int remove_dead(Graph& graph, const OpRegistry& registry);

}  // namespace thaw
