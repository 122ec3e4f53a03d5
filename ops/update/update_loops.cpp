// The optimizers' inner loops, in whatever layout a parameter has: elementwise, so the layout does not matter, and zero
// padding stays zero under zero gradients.
#include "ops/update/update_loops.h"

#include <cmath>

#include "ops/device/cpu/simd.h"

namespace thaw::cpu {
namespace {

inline float clipped(float g, const Rule& rule) {
  const float scaled = g * rule.scale;
  return scaled > rule.limit ? rule.limit : scaled < -rule.limit ? -rule.limit : scaled;
}

// Each loop is written once and compiled with and without decay, which would otherwise cost the usual case a
// multiplication (and 0 times an infinite weight is no number). It must be inlined to be compiled for each instruction
// set.
#define THAW_LOOP         \
  template <bool kDecays> \
  [[gnu::always_inline]] inline

THAW_LOOP void adam_loop(const Chunk& chunk, const Rule& rule) {
  float* __restrict w = chunk.w;
  const float* __restrict grads = chunk.g;
  float* __restrict m = chunk.slots[0];
  float* __restrict v = chunk.slots[1];
  for (std::int64_t i = 0; i < chunk.n; ++i) {
    const float g = clipped(grads[i], rule);
    m[i] += (g - m[i]) * rule.take_1;
    v[i] += (g * g - v[i]) * rule.take_2;
    const float step = rule.rate * m[i] / (std::sqrt(v[i]) + rule.epsilon);
    w[i] -= kDecays ? step + rule.decay * w[i] : step;
  }
}

/// The tail that Sgd and RmsProp share: `step` is what plain descent would subtract.
inline void descend(const Chunk& chunk, const Rule& rule, float* velocity, std::int64_t i, float step) {
  if (!velocity) {
    chunk.w[i] -= step;
    return;
  }
  velocity[i] = rule.momentum * velocity[i] - step;
  chunk.w[i] += rule.nesterov ? rule.momentum * velocity[i] - step : velocity[i];
}

THAW_LOOP void sgd_loop(const Chunk& chunk, const Rule& rule) {
  for (std::int64_t i = 0; i < chunk.n; ++i) {
    float g = clipped(chunk.g[i], rule);
    if (kDecays) g += rule.decay * chunk.w[i];
    descend(chunk, rule, chunk.slots[0], i, rule.rate * g);
  }
}

THAW_LOOP void rms_prop_loop(const Chunk& chunk, const Rule& rule) {
  float* mean = chunk.slots[0];
  for (std::int64_t i = 0; i < chunk.n; ++i) {
    float g = clipped(chunk.g[i], rule);
    if (kDecays) g += rule.decay * chunk.w[i];
    mean[i] = rule.rho * mean[i] + rule.take_rho * g * g;
    descend(chunk, rule, chunk.slots[1], i, rule.rate * g / std::sqrt(mean[i] + rule.epsilon));
  }
}

#undef THAW_LOOP

THAW_SIMD_CLONES void adam(const Chunk& chunk, const Rule& rule) { adam_loop<false>(chunk, rule); }
THAW_SIMD_CLONES void adam_decayed(const Chunk& chunk, const Rule& rule) { adam_loop<true>(chunk, rule); }
THAW_SIMD_CLONES void sgd(const Chunk& chunk, const Rule& rule) { sgd_loop<false>(chunk, rule); }
THAW_SIMD_CLONES void sgd_decayed(const Chunk& chunk, const Rule& rule) { sgd_loop<true>(chunk, rule); }
THAW_SIMD_CLONES void rms_prop(const Chunk& chunk, const Rule& rule) { rms_prop_loop<false>(chunk, rule); }
THAW_SIMD_CLONES void rms_prop_decayed(const Chunk& chunk, const Rule& rule) { rms_prop_loop<true>(chunk, rule); }

}  // namespace

// 0 x inf is NaN, so a sum of squares is finite exactly if every gradient is (float squares cannot overflow a double).
THAW_SIMD_CLONES double sum_of_squares(const float* g, std::int64_t n) {
  double lanes[8] = {};
  std::int64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    for (int k = 0; k < 8; ++k) lanes[k] += static_cast<double>(g[i + k]) * g[i + k];
  }
  for (; i < n; ++i) lanes[0] += static_cast<double>(g[i]) * g[i];
  double sum = 0;
  for (const double lane : lanes) sum += lane;
  return sum;
}

Loop loop_of(const std::string& op, bool decays) {
  if (op == "Adam") return decays ? adam_decayed : adam;
  if (op == "RmsProp") return decays ? rms_prop_decayed : rms_prop;
  return decays ? sgd_decayed : sgd;
}

}  // namespace thaw::cpu
