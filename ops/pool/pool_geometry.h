#pragma once

#include <array>
#include <vector>

#include "ops/device/cpu/onednn_compat.h"

namespace thaw::cpu {

/// How the windows lie along one axis of the picture.
struct PoolAxis {
  std::int64_t inputs = 1, outputs = 1;
  std::int64_t step = 1;                         ///< from element to element of a window
  std::vector<std::int64_t> first{0};            ///< by output: its first element inside the picture
  std::vector<std::int64_t> count{1};            ///< by output: its elements inside the picture; never 0
  std::vector<float> share{1};                   ///< by output: 1 / the elements that an average counts
  std::vector<std::int64_t> reader_begin{0, 1};  ///< by input: where its outputs begin in `readers`; then their end
  std::vector<std::int64_t> readers{0};          ///< outputs whose windows hold the input, input by input

  /// An axis that the picture lacks: one window of one element.
  PoolAxis() = default;
  /// Fills the lists for `inputs` and `outputs`. `counts_pads`: an average counts its elements in the padding too.
  void place_windows(const Window& window, std::size_t axis, bool counts_pads);
};

/// One pooling: pictures are [outer][depth][height][width][block], see ChannelBlocks.
struct PoolGeometry {
  ChannelBlocks in;
  std::array<PoolAxis, 3> axes;  ///< depth, height, width

  /// `picture` has the unpooled extents, `pooled` is the shape of the result. A node without kernel_shape pools whole
  /// pictures.
  PoolGeometry(const Node& node, const dnnl::memory::desc& picture, const Shape& pooled);

  std::int64_t in_rows() const { return in.depth * in.height; }
  std::int64_t out_rows() const { return axes[0].outputs * axes[1].outputs; }
  std::int64_t in_row_size() const { return in.width * in.block; }
  std::int64_t out_row_size() const { return axes[2].outputs * in.block; }
  std::int64_t in_size() const { return in_rows() * in_row_size(); }
  std::int64_t out_size() const { return out_rows() * out_row_size(); }
  /// Whether windows are 2x2, side by side, without pads, and channels come in blocks of 16: the most common case.
  bool is_2x2_of_16() const;
};

}  // namespace thaw::cpu
