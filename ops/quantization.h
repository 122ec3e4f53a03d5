#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "graph/graph.h"

namespace thaw {

/// How a tensor is kept in 8-bit integers: value = step * integer, so that zero is exact.
struct Quantization {
  /// The largest magnitude that is kept, larger ones are cut: one for all values, or one for each index of axis 0 (each
  /// filter of a kernel). Never 0.
  std::vector<float> limits;
  bool is_signed = false;  ///< whether negative values are kept: -127..127 else 0..255
};

/// What a frozen graph's tensors are quantized by. Tensors that are not listed stay f32.
struct Calibration {
  std::map<ValueId, Quantization> tensors;
  std::uint64_t graph = 0;  ///< structure_of the graph that it is for

  const Quantization* find(ValueId value) const {
    const auto found = tensors.find(value);
    return found == tensors.end() ? nullptr : &found->second;
  }
};

/// A number for the operators of a graph and what they read, whatever the shapes: another batch gives the same.
std::uint64_t structure_of(const Graph& graph);

}  // namespace thaw
