#include "runner/train/schedule.h"

#include <cmath>
#include <numbers>

#include "runner/train/build.h"

namespace thaw {
namespace {

double cosine_factor(const CosineSchedule& cosine, std::int64_t step, std::int64_t steps_per_epoch,
                     std::int64_t total_steps) {
  const double warmup = std::round(cosine.warmup_epochs() * static_cast<double>(steps_per_epoch));
  const auto at = static_cast<double>(step);
  if (at < warmup) return (at + 1) / warmup;
  const double length = static_cast<double>(total_steps) - 1 - warmup;  // the last step reaches the end exactly
  const double progress = length > 0 ? (at - warmup) / length : 1;
  const double fall = 0.5 * (1 + std::cos(std::numbers::pi * progress));
  return cosine.final_fraction() + (1 - cosine.final_fraction()) * fall;
}

}  // namespace

double learning_rate_at(const Train& train, std::int64_t step, std::int64_t steps_per_epoch, std::int64_t total_steps) {
  const double base = base_learning_rate(train.optimizer());
  if (train.schedule().has_cosine()) {
    return base * cosine_factor(train.schedule().cosine(), step, steps_per_epoch, total_steps);
  }
  if (train.schedule().has_step()) {
    const StepSchedule& stairs = train.schedule().step();
    const double epochs = static_cast<double>(step) / static_cast<double>(steps_per_epoch);
    return base * std::pow(stairs.factor(), std::floor(epochs / stairs.every_epochs()));
  }
  return base;
}

}  // namespace thaw
