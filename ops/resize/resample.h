#pragma once

#include <vector>

#include "graph/attribute.h"
#include "graph/shape.h"

namespace thaw {

/// Which elements of an axis one element of the resampled axis is made of. Weights sum to 1.
struct Taps {
  std::vector<std::int64_t> sources;
  std::vector<float> weights;
  bool is_outside = false;  ///< the point lies outside the picture: it takes the extrapolation value
};

/// Taps of each element of axis `axis`. Source: ONNX Resize-18. `attributes` are Resize's.
std::vector<Taps> resample_axis(const Attributes& attributes, std::size_t axis, std::int64_t from, std::int64_t to);

/// Whether an axis of `from` elements stays as it is.
bool is_identity(const std::vector<Taps>& taps, std::int64_t from);

}  // namespace thaw
