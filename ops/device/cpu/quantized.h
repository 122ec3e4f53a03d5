#pragma once

#include <optional>

#include "ops/device/cpu/onednn.h"
#include "ops/device/cpu/onednn_compat_int8.h"

/// Which kernels work on 8-bit integers, and in which. What has no such kernel asks for f32, and the program reorders.
namespace thaw::cpu {

struct Integers {
  dnnl::memory::data_type type;
  float step;

  Steps steps() const { return {{step}, 0}; }
};

/// How all of a tensor is quantized by one limit.
Integers integers_of(const Quantization& quantization);
/// One step for each filter of a kernel; half the levels unless its products are summed up exactly.
std::vector<float> filter_steps(const Quantization& quantization, bool is_exact);

/// Whether the node, a convolution or a dense layer, is to multiply integers.
bool is_quantized_product(const BindContext& context, const Node& node);

/// The integers in which the node gives its only output: none where it stays f32, because some reader computes in f32
/// anyway.
std::optional<Integers> integers_to_give(const BindContext& context);

}  // namespace thaw::cpu
