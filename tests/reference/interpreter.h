#pragma once

#include <map>
#include <vector>

#include "graph/graph.h"
#include "tests/reference/tensor.h"

namespace thaw::reference {

/// What the caller provides: every input, parameter and slot that a node reads.
using Feeds = std::map<ValueId, std::vector<double>>;

/// All values after a run, by id. Parameters and slots are as the update left them.
using Values = std::map<ValueId, Tensor>;

/// Runs all nodes in order, in f64. Throws InternalError if a value is missing, an operator is unknown, or an output
/// has another shape than the graph says.
Values evaluate(const Graph& graph, const Feeds& feeds);

/// Runs one node on the values computed so far and stores its outputs.
void evaluate_node(const Graph& graph, const Node& node, Values& values);

}  // namespace thaw::reference
