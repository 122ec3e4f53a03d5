#pragma once

#include <optional>

#include "ops/program.h"
#include "schemas/run_record.pb.h"

namespace thaw {

inline constexpr int kProfiledSteps = 20;

/// Times the kernels of some of a program's training steps, after a few that warm caches and clocks up.
class StepProfiler {
 public:
  /// `first_step`: the next one, from 1. Where few steps are left, fewer are timed.
  StepProfiler(Program& program, std::int64_t first_step, std::int64_t steps_left);
  ~StepProfiler() { program_.time_steps(nullptr); }
  StepProfiler(const StepProfiler&) = delete;
  StepProfiler& operator=(const StepProfiler&) = delete;

  void before_step();
  /// Whether this was the last step to time.
  bool after_step();
  /// What was measured so far; nothing if no step was timed, or it was taken already.
  std::optional<Profile> take(const MachinePeaks& peaks);

 private:
  Program& program_;
  std::int64_t first_step_;
  std::int64_t warm_up_, wanted_;
  std::int64_t done_ = 0;
  bool is_taken_ = false;
  StepTimes times_;
};

/// "forward", "backward", "update".
const char* phase_name(Phase phase);

}  // namespace thaw
