#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ops/machine_peaks.h"
#include "runner/train/trainer.h"
#include "schemas/run_record.pb.h"

namespace thaw {

/// Features of a set of samples, which all members that want the same ones share.
struct SharedFeatures {
  std::string key;  ///< the same for the same features
  double seconds = 0;
  std::int64_t bytes = 0;
};

/// What a member is foreseen to cost by itself, and what only its bound programs tell.
struct MemberCost {
  double own_s = 0;                      ///< without what others may share
  std::vector<SharedFeatures> features;  ///< of its frozen trunk, where they are kept
  std::int64_t memory_bytes = 0;         ///< at most, of a process
  std::int64_t beside_bytes = 0;         ///< of it: what it adds where others train side by side
  std::int64_t disk_bytes = 0;           ///< checkpoints, pictures and reports
  std::int64_t parameters = 0, trainable_parameters = 0;
  std::vector<MetricInfo> metrics;
  std::vector<std::string> rough;  ///< why the times are rough

  double run_s() const {
    double seconds = own_s;
    for (const SharedFeatures& shared : features) seconds += shared.seconds;
    return seconds;
  }
};

/// Foresees members of one sweep: once for all that differ in nothing that costs time or memory.
class MemberCosts {
 public:
  /// The cost of an experiment that was just prepared. Takes its model files and weights away.
  const MemberCost& of(PreparedExperiment& prepared, const std::shared_ptr<Device>& device);

 private:
  MemberCost foresee(PreparedExperiment& prepared, const std::shared_ptr<Device>& device);
  const MachinePeaks& peaks_of(Device& device);

  std::map<std::string, MemberCost> costs_;  ///< by what they depend on
  std::map<int, MachinePeaks> peaks_;        ///< by threads
};

}  // namespace thaw
