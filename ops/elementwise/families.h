#pragma once

#include "graph/op_registry.h"
#include "ops/kernel.h"

/// The parts of the elementwise family; called by elementwise.cpp and elementwise_cpu.cpp alone.
namespace thaw {

void define_unary(OpRegistry& registry);
void define_binary(OpRegistry& registry);
void define_dropout(OpRegistry& registry);

/// One flop an element of input 0.
std::int64_t one_flop_each(const InferContext& context);
/// The type of input 0, which must be f32.
std::vector<TensorType> infer_same(const InferContext& context);

namespace cpu {

void add_unary_kernels(KernelTable& table);
void add_binary_kernels(KernelTable& table);
void add_dropout_kernels(KernelTable& table);

}  // namespace cpu
}  // namespace thaw
