#pragma once

#include <memory>
#include <vector>

#include "runner/train/trainer.h"

namespace thaw {

/// Runs experiments through the same batches to their ends, or goes on with each from its newest checkpoint; those that
/// stand further back catch up first. One experiment is the usual case; several must have one group_key. Outcomes in
/// the order of the experiments. Throws InputError, IoError.
std::vector<RunOutcome> train_group(std::vector<PreparedExperiment> prepared, std::shared_ptr<Device> device,
                                    const RunOptions& options);

}  // namespace thaw
