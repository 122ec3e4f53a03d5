#pragma once

#include <cstdint>
#include <vector>

#include "ops/device/cpu/onednn_compat.h"

/// Moving elements between tensors of any layouts: what Concat, Slice, Pad, Transpose and their like have in common.
/// Elements are words of four bytes, floats and integers moved alike, or of two, or of one.
namespace thaw::cpu {

/// Nested loops that read one element and write one.
struct StridedCopy {
  Shape extents, from_strides, to_strides;
  std::int64_t from_offset = 0, to_offset = 0;
};

/// Along one axis, which elements go where: from_begin + i * from_step becomes to_begin + i * to_step.
struct AxisRun {
  std::int64_t extent = 0;
  std::int64_t from_begin = 0, to_begin = 0;
  std::int64_t from_step = 1, to_step = 1;
};

/// The loops that move the region given by one run for each axis. Blocks of channels that do not lie alike in the two
/// tensors take a few copies instead of one.
std::vector<StridedCopy> plan_copies(const BlockedStrides& from, const BlockedStrides& to,
                                     const std::vector<AxisRun>& region);
/// The padding of a tensor's last block, as loops that write (see run_fill).
std::vector<StridedCopy> plan_padding(const BlockedStrides& to, const Shape& shape);

/// Loops put in the order in which they run fastest: as few as possible, the longest stretches innermost.
StridedCopy simplified(const StridedCopy& copy);

// Each takes simplified loops and uses all threads where there is enough to do.
void run_copy(const StridedCopy& copy, std::size_t element_bytes, const void* from, void* to);
void run_fill(const StridedCopy& copy, std::uint32_t word, void* to);
void run_zero(const StridedCopy& copy, std::size_t element_bytes, void* to);
/// to += from. Several elements may go to the same place: then one thread adds them, in order.
void run_add(const StridedCopy& copy, const float* from, float* to);

}  // namespace thaw::cpu
