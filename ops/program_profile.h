#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "ops/roofline.h"

namespace thaw {

/// What one step of a program does by its plan: a node's kernel, or a reorder before one.
struct StepCost {
  std::string name = {};   ///< "conv2d/Conv"; of a reorder "conv2d/Relu for conv2d_1/Conv"
  std::string layer = {};  ///< of the node; for a reorder, of the node that reads its result
  std::string op = {};     ///< "Conv"; "Reorder"
  Phase phase = Phase::kForward;
  bool is_reorder = false;
  bool is_bfloat16 = false;     ///< what it multiplies; sums are f32
  bool is_constant = false;     ///< runs once, not in every run
  std::int64_t flops = 0;       ///< multiplications and additions
  std::int64_t bytes = 0;       ///< of the tensors it reads and writes, padding included, scratch memory not
  double saved_arithmetic = 1;  ///< BindContext::save_arithmetic: above 1 by Winograd's algorithm
  Reach reach = {};
};

/// How long each step of a program took, over the runs that were timed. In the order of Program::costs().
struct StepTimes {
  int runs = 0;
  double all_s = 0;  ///< of all steps in all runs, the time between them included
  std::vector<double> sum_s;
  std::vector<double> min_s;

  double mean_s(std::size_t step) const { return runs > 0 ? sum_s[step] / runs : 0; }
};

}  // namespace thaw
