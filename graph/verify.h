#pragma once

#include "graph/op_registry.h"

namespace thaw {

/// Checks that every value is defined before it is used, that shapes are what inference says, and that nothing reads a
/// parameter after it was updated. Throws InternalError naming `stage`, the node and what is wrong.
void verify(const Graph& graph, const OpRegistry& registry, const std::string& stage);

}  // namespace thaw
