#pragma once

#include "graph/graph.h"

namespace thaw {

/// Layer, group and instance normalization as one: rows of values that are normalized each for itself.
struct NormRows {
  std::int64_t rows = 0, length = 0;
  std::int64_t groups = 1;    ///< rows r and r + groups share their scales
  std::int64_t channels = 0;  ///< scales of a group
  std::int64_t repeat = 1;    ///< neighbours that share a scale
  double epsilon = 1e-5;

  /// Which scale (and bias) element `i` of row `row` takes.
  std::int64_t scale_of(std::int64_t row, std::int64_t i) const { return row % groups * channels + i / repeat; }

  static NormRows of(const Node& node, const Shape& x);
};

/// Folds the batch normalization with stored statistics at `node_index` into the convolution that feeds it, if nobody
/// else reads that: the scale goes into the kernel, what remains into the bias. What is computed of weights alone runs
/// once.
bool fold_batch_norm(Graph& graph, int node_index);

}  // namespace thaw
