#pragma once

#include "runner/config/model_facts.h"
#include "schemas/experiment.pb.h"
#include "schemas/findings.h"

// The parts of check_experiment, one for each part of the file.
namespace thaw {

/// Layer names, and which layer feeds which. False after a finding: what is an output is then anybody's guess.
bool check_wiring(const Model& model, const ModelFacts& facts, Findings& findings);

/// Losses and metrics against the outputs they name; outputs without a loss, if the wiring can be trusted.
void check_outputs(const Experiment& config, const ModelFacts& facts, bool is_wired_well, Findings& findings);

/// Sources of samples, each by itself and against each other, the model's input and what outputs are compared with.
void check_sources(const Experiment& config, Findings& findings);

/// Schedule and monitor.
void check_training(const Experiment& config, Findings& findings);

/// What can be said of strategies before the network is known.
void check_transfer(const Experiment& config, Findings& findings);

}  // namespace thaw
