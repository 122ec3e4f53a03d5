#pragma once

#include <vector>

#include "ops/kernel.h"
#include "ops/reduce/reduction.h"

namespace thaw::cpu {

/// An axis of the input's memory: how far it steps in the input and, if it is kept, in the output.
struct ReduceAxis {
  std::int64_t extent = 1, stride = 0, out_stride = 0;
  bool is_reduced = false;
};

/// A reduction as a walk through its input's memory.
struct ReduceWalk {
  LayoutPtr layout;              ///< of the input
  std::vector<ReduceAxis> axes;  ///< outermost first; those that step as one are one
  /// The output is row-major; if the input's channels are padded, it is first written with `padded` values a row.
  std::int64_t rows = 1, channels = 1, padded = 1;

  bool has_padding() const { return padded != channels; }
};

/// Reads input 0 as it lies if it can: padding must not be reduced, and is cut off the result.
ReduceWalk reduce_walk(const BindContext& context, const Reduction& reduction);

}  // namespace thaw::cpu
