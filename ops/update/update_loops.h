#pragma once

#include <cstdint>
#include <limits>
#include <string>

namespace thaw::cpu {

/// A stretch of one parameter: small enough that its tensors stay in cache between two passes.
struct Chunk {
  float* w;
  const float* g;
  float* slots[2];
  std::int64_t n;
  std::size_t parameter;
};

/// What one step does, in the units of the inner loops.
struct Rule {
  float rate = 0;                                        ///< learning rate; for Adam with its bias corrections
  float scale = 1;                                       ///< on every gradient: global-norm clipping
  float limit = std::numeric_limits<float>::infinity();  ///< on every gradient: value clipping
  float momentum = 0, rho = 0, epsilon = 0;
  // 1 - beta_1, 1 - beta_2, 1 - rho, rounded once: in f32, 1 - 0.999F is off by 1.3e-5 of itself.
  float take_1 = 0, take_2 = 0, take_rho = 0;
  float decay = 0;  ///< what is multiplied by the weight: added to its gradient, or for Adam taken off the weight
  bool nesterov = false;
};

/// Updates a stretch by its gradient.
using Loop = void (*)(const Chunk&, const Rule&);

/// The loop of an update operator, for weights that decay or do not.
Loop loop_of(const std::string& op, bool decays);

/// Not a number or infinite exactly if one of the numbers is.
double sum_of_squares(const float* g, std::int64_t n);

}  // namespace thaw::cpu
