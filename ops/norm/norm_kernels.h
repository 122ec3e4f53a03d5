#pragma once

#include "ops/kernel.h"

namespace thaw::cpu {

// The kernels of the family, one function a file.
void add_batch_norm_kernels(KernelTable& table);
void add_sample_norm_kernels(KernelTable& table);
void add_lrn_kernels(KernelTable& table);

}  // namespace thaw::cpu
