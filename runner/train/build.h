#pragma once

#include <memory>
#include <vector>

#include "graph/passes/pipeline.h"
#include "graph/passes/split_trunk.h"
#include "ops/program.h"
#include "schemas/experiment.pb.h"
#include "schemas/findings.h"
#include "zoo/compose.h"
#include "zoo/objective.h"

namespace thaw {

/// A graph of the experiment with what its caller needs to feed and read it.
struct BuiltGraph {
  std::shared_ptr<Graph> graph;
  ComposedModel model;
  Objective objective;
  std::map<std::string, ValueId> reads;  ///< layer name -> the output that losses or metrics compare
  TrunkCut cut;                          ///< the frozen trunk that was taken off, if any
  std::vector<ValueId> features;         ///< graph inputs: what the trunk makes of the pictures, by the cut's places
  ValueId learning_rate = kNoValue;      ///< training only: f32 scalar
  ValueId step = kNoValue;               ///< training only: i32 scalar, from 1
  ValueId gradient_norm = kNoValue;      ///< training only: NaN if the step was not finite
  std::vector<PassReport> passes;
};

/// How far a run has come that trains other weights later on (`transfer`).
struct TrainingStage {
  int number = 0;                         ///< how many stages' rules have joined
  std::vector<std::int64_t> begun_after;  ///< by stage from the first on: steps done before it began

  bool operator==(const TrainingStage&) const = default;
};

struct BuildOptions {
  TrainingStage stage = {};
  bool wants_dumps = false;  ///< of the graph after each pass
};

/// Forward, losses, gradients and update as one graph, without the frozen trunk: it takes features then instead of
/// pictures. Findings: layers that do not fit, nothing to learn. The result is incomplete if there are any.
BuiltGraph build_training(const Experiment& config, const ModelFiles& files, Findings& findings,
                          const BuildOptions& options = {});

/// Layers and losses as training begins at a stage, and where its frozen trunk will be cut off: no gradients, nothing
/// fused, nothing cut yet. The result is incomplete if there are findings.
BuiltGraph build_whole(const Experiment& config, const ModelFiles& files, int stage, Findings& findings);

/// What the experiment's rules say at a stage.
Treatments treatments_of(const Experiment& config, int stage);

/// Whether a stage leaves weights of the model to train. Findings: that it does not, and why.
bool has_anything_to_learn(const Experiment& config, const ComposedModel& model, int stage, Findings& findings);

/// Forward and losses, for measuring, cut as training is.
BuiltGraph build_evaluation(const Experiment& config, const ModelFiles& files, const TrunkCut& cut, Findings& findings);

/// The trunk that was cut off, for batches of `batch` (of training's where a model file allows no other), folded and
/// fused for inference.
TrunkGraph build_trunk(const Experiment& config, const ModelFiles& files, const TrunkCut& cut, std::int64_t batch);

/// The layers alone, for batches of `batch`, as they act outside training: nothing is fused. `reads` holds every
/// output, each a value of its own that a node gives.
BuiltGraph build_inference(const Experiment& config, const ModelFiles& files, std::int64_t batch, Findings& findings);

/// The learning rate that the experiment's optimizer starts from.
double base_learning_rate(const Optimizer& optimizer);

}  // namespace thaw
