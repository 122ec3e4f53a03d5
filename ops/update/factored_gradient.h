#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "ops/update/update_loops.h"

namespace thaw::cpu {

/// Extents of G = A' B, for A [depth, rows] and B [depth, columns].
struct FactorExtents {
  std::int64_t depth, rows, columns;
};

/// A matrix's gradient G = A' B that never lies in memory as a whole: a few of its rows are computed in cache and used
/// up there. All matrices are row-major. Results do not depend on the number of threads.
class FactoredGradient {
 public:
  FactoredGradient(const FactorExtents& extents, int threads);

  std::size_t scratch_bytes() const;
  void attach(const float* a, const float* b, void* scratch);

  /// Of G's numbers, from the factors alone: the sum over i, j of (A A')ij (B B')ij, in double. It is not finite if a
  /// sum on the way to one of G's numbers might not be.
  double sum_of_squares();
  /// Updates `whole`, whose gradient is G instead of its `g`, stretch by stretch.
  void update(const Chunk& whole, const Rule& rule, Loop loop) const;

 private:
  void pack_columns() const;
  void update_rows(const Chunk& whole, const Rule& rule, Loop loop, int thread) const;
  std::int64_t padded_columns() const;
  std::int64_t floats_of_a_thread() const;

  FactorExtents extents_;
  int threads_;
  int panel_columns_;  ///< that are computed at once, as many as registers hold
  const float* a_ = nullptr;
  const float* b_ = nullptr;
  float* panels_ = nullptr;  ///< B as [panel][depth][panel_columns_], zeros behind its last column
  float* of_threads_ = nullptr;
  std::vector<double> partial_squares_;
};

}  // namespace thaw::cpu
