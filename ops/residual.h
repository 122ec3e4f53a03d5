#pragma once

#include <optional>
#include <string>

#include "graph/graph.h"

namespace thaw {

/// A sum that the node that computes one of its summands could take in: an Add of two values of one type.
struct ResidualSum {
  int producer = -1;         ///< index of the node that computes one summand for this sum alone
  ValueId added = kNoValue;  ///< the other summand
};

/// The sum at `node_index`, if an `op` node of at most three inputs and without an activation computes a summand. Of
/// two such nodes the later one: what is added to it is there already.
std::optional<ResidualSum> find_residual_sum(const Graph& graph, int node_index, const std::string& op);

}  // namespace thaw
