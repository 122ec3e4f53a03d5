#pragma once

#include <cstdint>
#include <vector>

namespace thaw {

/// How fast memory is where a working set of that size lives: in a cache, or outside them all.
struct Bandwidth {
  std::int64_t working_set_bytes = 0;
  double bytes_per_s = 0;  ///< of a copy; each byte read and each byte written counts
};

/// What a device's compute threads reach together when nothing is in their way: a measurement, not a data sheet.
struct MachinePeaks {
  double flops_per_s = 0;            ///< f32; a multiplication with its addition counts as two
  double bfloat16_flops_per_s = 0;   ///< 0: not measured, the device has no such instructions
  double launch_s = 0;               ///< one kernel with next to nothing to do
  double spread = 0;                 ///< how far the arithmetic measured first and last lie apart, as a share
  std::vector<Bandwidth> bandwidth;  ///< by ascending working set; the last one is main memory's

  double memory_bytes_per_s() const { return bandwidth.empty() ? 0 : bandwidth.back().bytes_per_s; }
  /// For a kernel that touches so many bytes: between two measured sizes, in proportion to their logarithms.
  double bytes_per_s(std::int64_t working_set_bytes) const;
};

}  // namespace thaw
