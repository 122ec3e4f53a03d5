#pragma once

#include <cstdint>

#include "ops/kernel.h"

namespace thaw::cpu {

/// 16 numbers at once; see ops/pool/pool_cpu.cpp for why vectors go by name.
using Lanes = float __attribute__((vector_size(64), aligned(4), may_alias));
constexpr int kLanes = 16;

/// Rows of up to 16 numbers that belong to one group of channels. Lane j holds channel j % block of the group.
struct Piece {
  std::int64_t offset = 0, rows = 0, stride = kLanes;
  int lanes = kLanes, last_lanes = kLanes;  ///< numbers in each row, and in the last one
  int block = kLanes;
  std::int64_t count = 0;    ///< numbers of each channel
  bool is_streamed = false;  ///< outputs go past the caches: all rows are full and aligned, and the tensor is large
};

/// A tensor cut along its channels for kernels that treat each channel in its own way, whatever the layout:
/// blocks of channels and row-major pictures are rows of 16 numbers side by side (a row of a row-major picture holds
/// 16 pixels of one channel), channels-last ones rows that jump from pixel to pixel. No piece is larger than half a
/// second-level cache, so that a second pass over it is cheap; and the cut does not depend on the number of threads.
class ChannelPieces {
 public:
  /// Takes X (input `i`) as it lies, or row-major where that is neither in blocks of channels nor channels-last.
  /// In bfloat16 only if `takes_bfloat16`.
  static ChannelPieces want(BindContext& context, int i, bool takes_bfloat16 = false);

  std::int64_t groups() const { return groups_; }
  std::int64_t pieces() const { return images_ * chunks_; }  ///< of each group
  Piece piece(std::int64_t group, std::int64_t index) const;
  std::int64_t channels() const { return channels_; }
  std::int64_t count() const { return count_; }  ///< numbers of each channel
  /// The channel of a lane, or -1 for one that is padding or belongs to a channel that another lane stands for.
  std::int64_t channel(std::int64_t group, int lane) const {
    const std::int64_t found = group * block_ + lane;
    return lane < block_ && found < channels_ ? found : -1;
  }
  const LayoutPtr& layout() const { return layout_; }  ///< f32 or bfloat16
  /// Whether each thread should take whole groups (both passes while they are in its cache) or pieces of one.
  bool has_groups_for(int threads) const { return groups_ % threads == 0 || groups_ >= 4 * threads || pieces() == 1; }

 private:
  LayoutPtr layout_;
  std::int64_t channels_ = 0, count_ = 0;
  std::int64_t groups_ = 0, images_ = 0, chunks_ = 0;
  std::int64_t rows_ = 0;  // of a group in one image
  std::int64_t image_stride_ = 0, group_stride_ = 0, row_stride_ = kLanes;
  int block_ = kLanes;
  bool has_rows_side_by_side_ = true;
  bool is_streamed_ = false;
  std::int64_t last_lanes_ = kLanes;  // of the last row of an image, where rows lie side by side
};

}  // namespace thaw::cpu
