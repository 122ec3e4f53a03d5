#include "runner/train/step_profiler.h"

#include <algorithm>

#include "runner/train/predict.h"

namespace thaw {
namespace {

constexpr std::int64_t kWarmUpSteps = 5;

}  // namespace

StepProfiler::StepProfiler(Program& program, std::int64_t first_step, std::int64_t steps_left)
    : program_(program),
      first_step_(first_step),
      warm_up_(std::min(kWarmUpSteps, steps_left / 4)),
      wanted_(std::min<std::int64_t>(kProfiledSteps, steps_left - warm_up_)) {}

void StepProfiler::before_step() {
  const bool is_timed = done_ >= warm_up_ && done_ < warm_up_ + wanted_;
  program_.time_steps(is_timed ? &times_ : nullptr);
}

bool StepProfiler::after_step() {
  program_.time_steps(nullptr);
  return ++done_ == warm_up_ + wanted_;
}

std::optional<Profile> StepProfiler::take(const MachinePeaks& peaks) {
  if (times_.runs == 0 || is_taken_) return std::nullopt;
  is_taken_ = true;
  Profile profile;
  profile.set_first_step(first_step_ + warm_up_);
  profile.set_steps(times_.runs);
  profile.set_step_s(times_.all_s / times_.runs);
  *profile.mutable_peaks() = describe_peaks(peaks);
  const std::vector<StepCost> costs = program_.costs();
  for (std::size_t i = 0; i < costs.size(); ++i) {
    const StepCost& cost = costs[i];
    if (cost.is_constant) continue;
    ProfileRow* row = profile.add_row();
    row->set_name(cost.name);
    row->set_layer(cost.layer);
    row->set_op(cost.op);
    row->set_phase(phase_name(cost.phase));
    row->set_is_reorder(cost.is_reorder);
    row->set_mean_s(times_.mean_s(i));
    row->set_min_s(times_.min_s[i]);
    if (cost.is_bfloat16) row->set_is_bfloat16(true);
    row->set_flops(cost.flops);
    row->set_bytes(cost.bytes);
    if (cost.saved_arithmetic > 1) row->set_saved_arithmetic(cost.saved_arithmetic);
    row->set_predicted_s(predict_seconds(cost, peaks));
  }
  return profile;
}

const char* phase_name(Phase phase) {
  return phase == Phase::kForward ? "forward" : phase == Phase::kBackward ? "backward" : "update";
}

}  // namespace thaw
