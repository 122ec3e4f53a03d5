#pragma once

#include <set>
#include <string>
#include <vector>

#include "runner/store/safetensors.h"
#include "schemas/run_record.pb.h"
#include "zoo/compose.h"

// What a run's record says of frozen and trained weights.
namespace thaw {

/// How the inner layers of a model are treated at the stage it was composed for. Where the parameters of one are not
/// treated alike, each has a row of its own, by its full name.
std::vector<TransferRow> describe_transfer(const ComposedModel& model);
/// Of `after`, the rows that are not in `before`.
std::vector<TransferRow> changed_rows(const std::vector<TransferRow>& before, const std::vector<TransferRow>& after);

/// The tensors that no stage changes: weights that are never trained, statistics that never follow a batch. Numbers
/// that the experiment gives are none of them.
struct FrozenTensors {
  std::int64_t count = 0;
  std::string sha256;  ///< as tensors_sha256; empty if there are none
};
std::set<std::string> frozen_names(const ComposedModel& model);
/// Throws InternalError if they are not what they were.
void require_unchanged(const std::string& sha256_before, const FrozenTensors& now);

}  // namespace thaw
