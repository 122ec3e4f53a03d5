#pragma once

#include "ops/machine_peaks.h"
#include "runner/train/trainer.h"
#include "schemas/run_record.pb.h"

namespace thaw {

class Session;
class TrunkProgram;

/// What a run is foreseen from: all that is known before anything is computed.
struct Foreseen {
  const PreparedExperiment& prepared;
  const Session& session;
  const Device& device;
  /// Held by the process once the session was made and before any of it was used, without the weights that were read
  /// from files: they are let go before the first step.
  std::int64_t process_bytes;
  const TrunkProgram* trunk = nullptr;  ///< the session's, where it has one
};

/// Peak memory, FLOPs and bytes of a step.
Prediction predict_sizes(const Foreseen& run);

/// Adds times to `prediction`: of a step, an epoch, the whole run. Draws a few samples to see what that takes.
void predict_times(const Foreseen& run, const MachinePeaks& peaks, Prediction& prediction);

/// Both.
Prediction predict(const Foreseen& run, const MachinePeaks& peaks);

Peaks describe_peaks(const MachinePeaks& peaks);

}  // namespace thaw
