#pragma once

#include <memory>

#include "ops/program.h"
#include "tests/bench/networks.h"

namespace thaw::bench {

/// A network as a graph that can be run: forward alone, or a whole training step by SGD with momentum.
struct StepGraph {
  std::shared_ptr<Graph> graph;
  Network network;
  ValueId result = kNoValue;  ///< what a step gives: the loss, or the logits
  ValueId learning_rate = kNoValue;
  ValueId step = kNoValue;

  std::int64_t parameters() const;  ///< numbers that training changes
  std::int64_t flops() const;       ///< multiplications and additions of one run
};

/// The same passes as an experiment's training, or as `thaw infer`.
StepGraph build_step(const NetworkOptions& options);

/// He et al.'s uniform weights, scales and variances 1, everything else 0; the same in every run.
void initialize(const StepGraph& graph, ParameterStore& store);

/// Pictures like normalized ones, and labels; the same for the same seed.
struct BenchBatch {
  BenchBatch(const StepGraph& graph, const NetworkOptions& options, std::uint64_t seed);
  std::vector<float> image;
  std::vector<std::int32_t> label;
};

/// Runs one whole step: hands the batch over, computes, reads the result. Returns the loss, or the first logit.
double run_step(const StepGraph& graph, Program& program, const BenchBatch& batch, std::int32_t number);

}  // namespace thaw::bench
