#include "ops/device/cpu/bfloat16.h"

#include "ops/device/cpu/simd.h"

namespace thaw::cpu {

THAW_SIMD_CLONES void to_floats(const BFloat16* from, std::int64_t count, float* to) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) to[i] = to_float(from[i]);
}

THAW_SIMD_CLONES void to_bfloat16s(const float* from, std::int64_t count, BFloat16* to) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) to[i] = to_bfloat16(from[i]);
}

}  // namespace thaw::cpu
