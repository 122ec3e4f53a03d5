#pragma once

#include "graph/graph.h"
#include "ops/machine_peaks.h"

namespace thaw {

struct StepCost;

/// The share of the machine's peaks that kernels of some kind and shape reach; found by measuring them
/// (tests/bench/predict.py prints how well it holds).
struct Reach {
  double flops = 1;
  double bytes = 1;
  bool multiplies_matrices = false;  ///< with the processor's instructions for it, where the numbers are bfloat16
  bool is_known = true;              ///< false: never measured, the numbers are a guess
};

/// `saved_arithmetic`: BindContext::save_arithmetic.
Reach reach_of(const Graph& graph, const Node& node, double saved_arithmetic = 1);
/// A change of layout; weights are small pieces, scattered.
Reach reach_of_reorder(bool is_of_weights);

/// Seconds that a step should take: as long as the slower of its arithmetic and its memory traffic.
double predict_seconds(const StepCost& cost, const MachinePeaks& peaks);

}  // namespace thaw
