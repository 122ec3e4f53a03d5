#pragma once

#include "ops/kernel.h"

namespace thaw::cpu {

/// The part of the shape family's kernels that moves elements: Concat, Split, Slice, Pad, Transpose and their like.
void add_move_kernels(KernelTable& table);

}  // namespace thaw::cpu
