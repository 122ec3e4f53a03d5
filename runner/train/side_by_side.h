#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runner/train/trainer.h"

// Experiments that read the same batches and the same features of them train together: each batch is drawn once, goes
// through the frozen trunk once and is then trained on by all of them, one after the other. Each leaves what it would
// have left alone, byte by byte.
namespace thaw {

/// Experiments with the same key may train side by side: seed, samples and their order, batch size, precision and
/// threads are the same, and so is the frozen trunk, by its structure and the names and values of its weights. What
/// else is called how does not count. Empty: it trains by itself, because it has no frozen trunk, or the trunk may
/// change at a later stage. Binds no kernel.
std::string group_key(const PreparedExperiment& prepared);

/// Runs experiments of one key side by side, or goes on with each where it was: what run_experiment does, for several.
/// One that another process holds is left out, unless `options.waits_for_others`: RunEnd::kStopped, and its message
/// says who. The outcomes are in the order of the experiments. Throws InternalError if their keys differ, and what
/// run_experiment throws.
std::vector<RunOutcome> run_side_by_side(std::vector<PreparedExperiment> prepared, std::shared_ptr<Device> device,
                                         const RunOptions& options);

}  // namespace thaw
