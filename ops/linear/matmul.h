#pragma once

#include "graph/attribute.h"
#include "graph/shape.h"

namespace thaw {

/// The extents of a MatMul, every operand as a stack of matrices of one rank.
struct MatMulShapes {
  Shape a, b;                             ///< vectors made matrices, leading ones added; as they lie in memory
  Shape y;                                ///< the product of those
  Shape result;                           ///< the same without the row or column that a vector brought
  std::int64_t inner_a = 0, inner_b = 0;  ///< what is summed over, as either operand has it
  bool is_broadcastable = true;

  static MatMulShapes of(const Attributes& attributes, const Shape& a, const Shape& b);
};

}  // namespace thaw
