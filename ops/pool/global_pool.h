#pragma once

#include "ops/device/cpu/onednn.h"

namespace thaw::cpu {

/// GlobalAveragePool and its gradient. (A global maximum is a pooling whose window is the whole picture.)
void add_global_average_kernels(KernelTable& table);

}  // namespace thaw::cpu
