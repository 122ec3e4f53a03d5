#include "ops/device/cpu/lanes.h"

#include "ops/device/cpu/simd.h"

namespace thaw::cpu {
namespace {

/// `kVectors` vectors side by side, so that a pixel's cache lines are read together.
template <typename Lanes, int kVectors>
THAW_INLINE inline void sum_columns(const float* plane, std::int64_t pixels, std::int64_t block, float* sums) {
  typename Lanes::Float totals[kVectors] = {};
  for (std::int64_t p = 0; p < pixels; ++p, plane += block) {
    for (int v = 0; v < kVectors; ++v) totals[v] += lanes<Lanes>(plane + v * Lanes::kCount);
  }
  for (int v = 0; v < kVectors; ++v) lanes<Lanes>(sums + v * Lanes::kCount) = totals[v];
}

/// One channel whose pixels lie side by side.
THAW_SIMD_CLONES float sum_line(const float* line, std::int64_t pixels) {
  Lanes16::Float totals = {};
  std::int64_t p = 0;
  for (; p + 16 <= pixels; p += 16) totals += lanes<Lanes16>(line + p);
  float sum = 0;
  for (; p < pixels; ++p) sum += line[p];
  for (int lane = 0; lane < 16; ++lane) sum += totals[lane];
  return sum;
}

THAW_SIMD_CLONES void sum_blocks(const float* plane, std::int64_t pixels, std::int64_t block, std::int64_t count,
                                 float* sums) {
  std::int64_t c = 0;
  for (; c + 64 <= count; c += 64) sum_columns<Lanes16, 4>(plane + c, pixels, block, sums + c);
  for (; c + 16 <= count; c += 16) sum_columns<Lanes16, 1>(plane + c, pixels, block, sums + c);
  for (; c + 8 <= count; c += 8) sum_columns<Lanes8, 1>(plane + c, pixels, block, sums + c);
  for (; c < count; ++c) sum_columns<Lanes1, 1>(plane + c, pixels, block, sums + c);
}

}  // namespace

void sum_pixels(const float* plane, std::int64_t pixels, std::int64_t block, std::int64_t count, float* sums) {
  if (block == 1) {
    *sums = sum_line(plane, pixels);
  } else {
    sum_blocks(plane, pixels, block, count, sums);
  }
}

}  // namespace thaw::cpu
