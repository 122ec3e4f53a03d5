#pragma once

#include "graph/op_registry.h"
#include "ops/kernel.h"

/// Losses of classes; called by loss.cpp and loss_cpu.cpp alone.
namespace thaw {

void define_class_loss(OpRegistry& registry);

namespace cpu {

void add_class_loss_kernels(KernelTable& table);

}  // namespace cpu
}  // namespace thaw
