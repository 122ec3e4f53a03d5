#pragma once

#include "graph/op_def.h"

namespace thaw {

/// An axis as ONNX counts it (negative: from the end) as 0 .. rank - 1. For axes that inference has let pass.
inline std::size_t axis_index(std::int64_t axis, std::size_t rank) {
  return static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::int64_t>(rank) : axis);
}

/// The same for an attribute that nobody has judged yet. Throws GraphError (`attribute`) unless -rank <= axis < rank.
std::size_t checked_axis(const InferContext& context, const std::string& attribute, std::int64_t axis,
                         std::size_t rank);

}  // namespace thaw
