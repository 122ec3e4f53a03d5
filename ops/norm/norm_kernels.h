#pragma once

#include "ops/kernel.h"

namespace thaw::cpu {

/// The part of the family that oneDNN computes; called by add_norm_kernels alone.
void add_batch_norm_kernels(KernelTable& table);

}  // namespace thaw::cpu
