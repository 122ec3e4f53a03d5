#pragma once

#include <span>

#include "runner/data/random.h"

namespace thaw {

/// Adds Gaussian noise of standard deviation `sigma` to each value and clamps it to 0..1.
///
/// Takes only a seed from `draws`: 5600 normal numbers of Draws would cost more than all else of a sample. The numbers
/// come from Marsaglia's xorshift128, sixteen generators side by side, by Box-Muller with polynomials for the logarithm
/// and the sine, which the compiler turns into vector instructions. They reach 5.9 standard deviations.
/// Source: Marsaglia, "Xorshift RNGs" (2003), the generator of period 2^128 - 1.
void add_noise(std::span<float> values, float sigma, Draws& draws);

}  // namespace thaw
