#include "graph/passes/pipeline.h"

#include <chrono>

#include "graph/print.h"
#include "graph/verify.h"

namespace thaw {

std::vector<PassReport> run_pipeline(Graph& graph, const OpRegistry& registry, const std::vector<Pass>& passes,
                                     bool wants_dumps) {
  std::vector<PassReport> reports;
  for (const Pass& pass : passes) {
    PassReport report;
    report.name = pass.name;
    report.nodes_before = static_cast<int>(graph.nodes().size());
    const auto start = std::chrono::steady_clock::now();
    pass.run(graph);
    report.ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    report.nodes_after = static_cast<int>(graph.nodes().size());
    verify(graph, registry, pass.name);
    if (wants_dumps) report.dump = print(graph);
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace thaw
