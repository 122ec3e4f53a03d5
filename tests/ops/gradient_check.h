#pragma once

#include <gmock/gmock.h>

#include <map>

#include "tests/reference/interpreter.h"

namespace thaw {

/// Compares the gradient of `loss` by one parameter with central differences of `forward` (step 1e-5) along three
/// random directions, in f64, to 1e-6 of the gradient's size. Directions that move a relu across its kink are drawn
/// again. Fails if the gradient is nowhere but zero: then nothing would have been checked.
::testing::AssertionResult matches_differences(const Graph& forward, ValueId loss, ValueId parameter,
                                               const reference::Tensor& gradient, const reference::Feeds& feeds);

}  // namespace thaw
