#include "ops/norm/channel_pieces.h"

#include <algorithm>

#include "ops/device/cpu/onednn.h"
#include "ops/device/cpu/onednn_compat.h"

namespace thaw::cpu {
namespace {

constexpr std::int64_t kPieceRows = 8192;  // of 64 bytes: half a megabyte
// From here on writing past the caches is faster (measured: a third-level cache of 32 MB, 2 cores of Zen 4).
constexpr std::size_t kStreamedFrom = std::size_t{24} << 20;

}  // namespace

ChannelPieces ChannelPieces::want(BindContext& context, int i, bool takes_bfloat16) {
  const Shape& shape = context.input_type(i).shape;
  ChannelPieces cut;
  cut.layout_ = takes_bfloat16 ? input_layout_as_it_is(context, i) : input_layout_or_plain(context, i);
  const bool is_picture = shape.size() == 4 && dims_of(desc_of(cut.layout_)) == shape;
  if (!is_picture || !find_channel_blocks(desc_of(cut.layout_))) {
    cut.layout_ = layout_of(plain_desc(context.input_type(i)));
  }
  context.want_input(i, cut.layout_);

  const auto strides = *blocked_strides(desc_of(cut.layout_));
  const std::int64_t pixels = element_count(Shape(shape.begin() + 2, shape.end()));
  cut.channels_ = shape[1];
  cut.count_ = shape[0] * pixels;
  const bool is_in_blocks = strides.block > 1;
  const bool is_channels_last = !is_in_blocks && shape[1] > 1 && strides.strides[1] == 1;
  if (is_channels_last) {  // or a matrix
    cut.has_rows_side_by_side_ = false;
    cut.groups_ = (shape[1] + kLanes - 1) / kLanes;
    cut.images_ = 1;
    cut.rows_ = cut.count_;
    cut.row_stride_ = shape[1];
    cut.group_stride_ = kLanes;
  } else {
    cut.block_ = is_in_blocks ? static_cast<int>(strides.block) : 1;
    cut.groups_ = (shape[1] + cut.block_ - 1) / cut.block_;
    cut.images_ = shape[0];
    const std::int64_t length = pixels * cut.block_;
    cut.rows_ = (length + kLanes - 1) / kLanes;
    cut.last_lanes_ = length - (cut.rows_ - 1) * kLanes;
    cut.group_stride_ = length;
    cut.image_stride_ = length * cut.groups_;
  }
  cut.is_streamed_ = cut.has_rows_side_by_side_ && cut.last_lanes_ == kLanes && cut.layout_->bytes() >= kStreamedFrom;
  cut.chunks_ = (cut.rows_ + kPieceRows - 1) / kPieceRows;
  return cut;
}

Piece ChannelPieces::piece(std::int64_t group, std::int64_t index) const {
  const std::int64_t image = index / chunks_, first_row = index % chunks_ * kPieceRows;
  Piece piece;
  piece.rows = std::min(kPieceRows, rows_ - first_row);
  piece.stride = row_stride_;
  piece.offset = image * image_stride_ + group * group_stride_ + first_row * row_stride_;
  piece.block = block_;
  piece.is_streamed = is_streamed_;
  if (has_rows_side_by_side_) {
    if (first_row + piece.rows == rows_) piece.last_lanes = static_cast<int>(last_lanes_);
    piece.count = ((piece.rows - 1) * kLanes + piece.last_lanes) / block_;
  } else {
    piece.lanes = piece.last_lanes = static_cast<int>(std::min<std::int64_t>(kLanes, channels_ - group * kLanes));
    piece.count = piece.rows;
  }
  return piece;
}

}  // namespace thaw::cpu
