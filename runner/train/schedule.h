#pragma once

#include <cstdint>

#include "schemas/experiment.pb.h"

namespace thaw {

/// The learning rate of step `step` (from 0) out of `total_steps`.
double learning_rate_at(const Train& train, std::int64_t step, std::int64_t steps_per_epoch, std::int64_t total_steps);

}  // namespace thaw
