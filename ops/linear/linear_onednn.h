#pragma once

#include "ops/device/cpu/onednn.h"

namespace thaw::cpu {

/// A dense kernel [units, values] with the extents of the rows it multiplies: [units, C, H, W] for a picture.
dnnl::memory::dims gemm_kernel_dims(std::int64_t units, const Shape& rows);

/// The node in 8-bit integers; null if it is not quantized, or oneDNN has no fast primitive.
std::unique_ptr<Kernel> bind_quantized_gemm(BindContext& context);

}  // namespace thaw::cpu
