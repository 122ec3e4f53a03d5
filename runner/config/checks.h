#pragma once

#include "runner/config/load.h"
#include "runner/config/model_facts.h"
#include "schemas/experiment.pb.h"
#include "schemas/findings.h"

// The parts of check_experiment, one for each part of the file.
namespace thaw {

/// Layer names, and which layer feeds which. False after a finding: what is an output is then anybody's guess.
bool check_wiring(const Model& model, const ModelFacts& facts, Findings& findings);

/// Losses and metrics against the outputs they name; outputs without a loss, if the wiring can be trusted.
void check_outputs(const Experiment& config, const ModelFacts& facts, bool is_wired_well, Findings& findings);

/// An output of so many values a sample; `path` is the field that says so, or its layer.
struct OutputUnits {
  std::string path;
  std::int64_t units = 0;
};
/// So many classes does the data of a split have; 0: not known.
struct ClassCount {
  std::string split;
  int classes = 0;
};

// What can be said of losses and metrics once their outputs' units are known: before any shape is for layers that say
// so themselves, after it for those of files. `path` is the loss's or metric's.
void check_loss_units(const Loss& loss, const std::string& path, const OutputUnits& output, Findings& findings);
void check_metric_units(const Metric& metric, const std::string& path, const OutputUnits& output, Findings& findings);
void check_classes(const Loss& loss, const OutputUnits& output, const ClassCount& data, Findings& findings);

/// Sources of samples, each by itself and against each other, the model's input and what outputs are compared with.
void check_sources(const Experiment& config, Findings& findings);

/// What outputs are compared with, against the data; outputs whose units are unknown are left for later.
void check_targets_against_data(const Experiment& config, const ModelFacts& model, const SplitFacts& split,
                                Findings& findings);

/// What a source says of pictures in files and of random changes, and whether that goes together with the model.
/// `split`: "train" or "validation".
void check_pictures(const Experiment& config, const std::string& split, Findings& findings);

/// Schedule and monitor.
void check_training(const Experiment& config, Findings& findings);

/// What can be said of strategies before the network is known.
void check_transfer(const Experiment& config, Findings& findings);

}  // namespace thaw
