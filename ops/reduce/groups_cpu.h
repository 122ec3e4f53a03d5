#pragma once

#include "ops/kernel.h"

namespace thaw::cpu {

/// Gradients that work element by element: of sums and norms. Called by reduce_cpu.cpp.
void add_reduce_gradients(KernelTable& table);
/// Kernels that need a group's numbers one by one: ArgMax, ArgMin and the gradients of ReduceMax, ReduceMin and
/// ReduceProd. Called by reduce_cpu.cpp.
void add_group_kernels(KernelTable& table);

}  // namespace thaw::cpu
