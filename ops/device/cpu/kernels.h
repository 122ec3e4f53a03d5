#pragma once

#include "ops/kernel.h"

namespace thaw::cpu {

// One function a family: its CPU kernels. Called by cpu_device.cpp alone.
void add_conv_kernels(KernelTable& table);
void add_pool_kernels(KernelTable& table);
void add_linear_kernels(KernelTable& table);
void add_matmul_kernels(KernelTable& table);
void add_elementwise_kernels(KernelTable& table);
void add_softmax_kernels(KernelTable& table);
void add_norm_kernels(KernelTable& table);
void add_reduce_kernels(KernelTable& table);
void add_shape_kernels(KernelTable& table);
void add_resize_kernels(KernelTable& table);
void add_loss_kernels(KernelTable& table);
void add_update_kernels(KernelTable& table);

}  // namespace thaw::cpu
