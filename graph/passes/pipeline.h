#pragma once

#include <functional>
#include <string>
#include <vector>

#include "graph/op_registry.h"

namespace thaw {

/// One transformation of a graph, by name.
struct Pass {
  std::string name;
  std::function<void(Graph&)> run;
};

/// What a pass did, for `thaw summary --dump-passes`.
struct PassReport {
  std::string name;
  double ms = 0;
  int nodes_before = 0;
  int nodes_after = 0;
  std::string dump;  ///< the graph after the pass, if asked for
};

/// Runs the passes in order; the graph is verified after each. Throws InternalError naming the pass at fault.
std::vector<PassReport> run_pipeline(Graph& graph, const OpRegistry& registry, const std::vector<Pass>& passes,
                                     bool wants_dumps = false);

}  // namespace thaw
