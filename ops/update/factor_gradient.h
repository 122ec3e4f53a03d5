#pragma once

#include "graph/graph.h"

namespace thaw {

/// Gives an update node the factors of a large dense weight's gradient instead of the gradient: it is then never
/// written to memory and read again, twice. For node `i`; returns whether it changed one.
bool factor_gradient(Graph& graph, int i);

}  // namespace thaw
