#pragma once

#include "ops/device/cpu/onednn.h"

namespace thaw::cpu {

/// The largest of the integers of each window, if input 0 is quantized; else null.
std::unique_ptr<Kernel> bind_quantized_max_pool(BindContext& context);
/// Averages in f32 of the integers of whole pictures, if input 0 is quantized; else null.
std::unique_ptr<Kernel> bind_quantized_global_average(BindContext& context);

}  // namespace thaw::cpu
