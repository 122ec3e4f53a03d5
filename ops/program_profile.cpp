// What a program's steps cost, by their plan and by the clock.
#include "ops/program_profile.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "ops/catalogue.h"
#include "ops/program.h"
#include "ops/program_slots.h"

namespace thaw {

std::vector<StepCost> Program::costs() const {
  const auto slot = [&](int index) -> const Slot& { return slots_[static_cast<std::size_t>(index)]; };
  std::vector<StepCost> costs;
  for (const Step& step : steps_) {
    StepCost cost{.name = step.name,
                  .op = "Reorder",
                  .phase = step.phase,
                  .is_reorder = step.is_reorder,
                  .is_constant = step.is_constant};
    bool updates_inputs = false, is_only_a_name = false;
    if (step.node >= 0) {
      const Node& node = graph_->nodes()[static_cast<std::size_t>(step.node)];
      const OpDef& def = operators().get(node.op);
      cost.op = node.op;
      cost.layer = node.layer;
      cost.saved_arithmetic = step.saved_arithmetic;
      cost.reach = reach_of(*graph_, node, step.saved_arithmetic);
      cost.flops = def.flops ? def.flops(InferContext{*graph_, node}) : 0;
      updates_inputs = def.has_side_effect;
      is_only_a_name = def.is_rename && slot(step.outputs[0]).shares >= 0;
    } else {
      const ValueId value = slot(step.inputs[0]).value;
      cost.reach = reach_of_reorder(value != kNoValue && graph_->value(value).kind == ValueKind::kParameter);
      const auto reader = std::find_if(steps_.begin(), steps_.end(), [&](const Step& other) {
        return other.node >= 0 &&
               std::find(other.inputs.begin(), other.inputs.end(), step.outputs[0]) != other.inputs.end();
      });
      if (reader != steps_.end()) cost.layer = graph_->nodes()[static_cast<std::size_t>(reader->node)].layer;
    }
    std::vector<int> inputs = step.inputs;  // each once: a kernel that reads a tensor twice finds it in a cache
    std::sort(inputs.begin(), inputs.end());
    inputs.erase(std::unique(inputs.begin(), inputs.end()), inputs.end());
    for (const int index : inputs) {
      if (index >= 0 && slot(index).layout && slot(index).layout->is_bfloat16()) cost.is_bfloat16 = true;
      if (index < 0 || is_only_a_name) continue;
      const bool is_written_back = updates_inputs && slot(index).is_persistent;
      cost.bytes += static_cast<std::int64_t>(slot(index).bytes) * (is_written_back ? 2 : 1);
    }
    for (const int index : step.outputs) {
      if (!is_only_a_name) cost.bytes += static_cast<std::int64_t>(slot(index).bytes);
    }
    costs.push_back(std::move(cost));
  }
  return costs;
}

/// run() with a look at the clock after each step. The kernels, and so the results, are the same.
void Program::run_timed() {
  using Clock = std::chrono::steady_clock;
  StepTimes& times = *step_times_;
  times.sum_s.resize(steps_.size(), 0);
  times.min_s.resize(steps_.size(), std::numeric_limits<double>::infinity());
  const auto begin = Clock::now();
  auto last = begin;
  for (std::size_t i = constant_steps_; i < steps_.size(); ++i) {
    steps_[i].kernel->run();
    device_->synchronize();
    const auto now = Clock::now();
    const double seconds = std::chrono::duration<double>(now - last).count();
    last = now;
    times.sum_s[i] += seconds;
    times.min_s[i] = std::min(times.min_s[i], seconds);
    phase_seconds_[static_cast<std::size_t>(steps_[i].phase)] += seconds;
  }
  times.all_s += std::chrono::duration<double>(last - begin).count();
  ++times.runs;
  if (options_.is_training) store_->mark_changed();
}

}  // namespace thaw
