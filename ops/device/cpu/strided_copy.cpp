#include "ops/device/cpu/strided_copy.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

#include "ops/device/cpu/simd.h"

namespace thaw::cpu {
namespace {

using Word = std::uint32_t __attribute__((may_alias));
using HalfWord = std::uint16_t __attribute__((may_alias));
using Byte = std::uint8_t;

/// One or two loops along a single axis; where blocks interrupt it, an axis takes several of them.
struct AxisPiece {
  std::int64_t count, length;                               // outer and inner loop
  std::int64_t from_outer, from_inner, to_outer, to_inner;  // their strides
  std::int64_t from_offset, to_offset;
};

/// How the elements of one axis lie: plain ones as a single endless block.
struct AxisLayout {
  std::int64_t block, block_stride, stride;

  AxisLayout(const BlockedStrides& layout, std::size_t axis) {
    const bool is_blocked = layout.block > 1 && layout.axis == static_cast<int>(axis);
    block = is_blocked ? layout.block : std::numeric_limits<std::int64_t>::max();
    block_stride = is_blocked ? layout.strides[axis] : 0;
    stride = is_blocked ? 1 : layout.strides[axis];
  }
  std::int64_t place(std::int64_t i) const { return i / block * block_stride + i % block * stride; }
  /// How many elements from `i` on, `step` apart, are evenly spaced in memory.
  std::int64_t run_length(std::int64_t i, std::int64_t step) const {
    if (step == 0) return std::numeric_limits<std::int64_t>::max();
    return step > 0 ? (block - i % block - 1) / step + 1 : i % block / -step + 1;
  }
};

std::vector<AxisPiece> pieces_of(const AxisLayout& from, const AxisLayout& to, const AxisRun& run) {
  std::vector<AxisPiece> pieces;
  for (std::int64_t i = 0, length = 0; i < run.extent; i += length) {
    const std::int64_t f = run.from_begin + i * run.from_step, t = run.to_begin + i * run.to_step;
    length = std::min({run.extent - i, from.run_length(f, run.from_step), to.run_length(t, run.to_step)});
    AxisPiece piece{1, length, 0, run.from_step * from.stride, 0, run.to_step * to.stride, from.place(f), to.place(t)};
    AxisPiece* last = pieces.empty() ? nullptr : &pieces.back();
    if (last && last->length == length) {  // one more round of the piece before
      const std::int64_t from_outer = piece.from_offset - last->from_offset - (last->count - 1) * last->from_outer;
      const std::int64_t to_outer = piece.to_offset - last->to_offset - (last->count - 1) * last->to_outer;
      if (last->count == 1 || (from_outer == last->from_outer && to_outer == last->to_outer)) {
        last->from_outer = from_outer;
        last->to_outer = to_outer;
        ++last->count;
        continue;
      }
    }
    pieces.push_back(piece);
  }
  return pieces;
}

/// The two innermost loops, and how much of them one thread takes at a time.
struct Tile {
  std::int64_t rows = 1, columns = 1;
  std::int64_t from_row = 0, to_row = 0, from_column = 1, to_column = 1;
};

template <typename Element>
THAW_SIMD_CLONES void copy_tile(const Tile& tile, const Element* from, Element* to) {
  const bool is_contiguous = tile.from_column == 1 && tile.to_column == 1;
  for (std::int64_t r = 0; r < tile.rows; ++r, from += tile.from_row, to += tile.to_row) {
    if (is_contiguous && tile.columns == 16) {  // one block of channels
      std::memcpy(to, from, 16 * sizeof(Element));
    } else if (is_contiguous) {
      std::memcpy(to, from, static_cast<std::size_t>(tile.columns) * sizeof(Element));
    } else {
      for (std::int64_t c = 0; c < tile.columns; ++c) to[c * tile.to_column] = from[c * tile.from_column];
    }
  }
}

template <typename Element>
void fill_tile(const Tile& tile, Element word, Element* to) {
  for (std::int64_t r = 0; r < tile.rows; ++r, to += tile.to_row) {
    for (std::int64_t c = 0; c < tile.columns; ++c) to[c * tile.to_column] = word;
  }
}

void add_tile(const Tile& tile, const float* from, float* to) {
  for (std::int64_t r = 0; r < tile.rows; ++r, from += tile.from_row, to += tile.to_row) {
    for (std::int64_t c = 0; c < tile.columns; ++c) to[c * tile.to_column] += from[c * tile.from_column];
  }
}

constexpr std::int64_t kTaskElements = 16384;

/// Cuts the loops into tasks and calls body(tile, from offset, to offset) for each.
template <typename Body>
void for_each_tile(const StridedCopy& copy, bool may_share, const Body& body) {
  const std::size_t rank = copy.extents.size();
  Tile all;
  const auto loop = [&](std::size_t from_last) { return rank - from_last; };
  if (rank > 0) {
    all.columns = copy.extents[loop(1)];
    all.from_column = copy.from_strides[loop(1)];
    all.to_column = copy.to_strides[loop(1)];
  }
  if (rank > 1) {
    all.rows = copy.extents[loop(2)];
    all.from_row = copy.from_strides[loop(2)];
    all.to_row = copy.to_strides[loop(2)];
  }
  const std::int64_t elements = element_count(copy.extents);
  if (elements == 0) return;
  // A transposing tile reads whole cache lines: its 16 rows lie side by side in the source.
  const bool is_transposing = all.from_column != 1 && all.from_row == 1;
  const std::int64_t tile_columns = std::min(all.columns, is_transposing ? 256 : kTaskElements);
  const std::int64_t tile_rows =
      std::min(all.rows, is_transposing ? 16 : std::max<std::int64_t>(1, kTaskElements / tile_columns));
  const std::int64_t row_tiles = (all.rows + tile_rows - 1) / tile_rows;
  const std::int64_t column_tiles = (all.columns + tile_columns - 1) / tile_columns;
  const std::int64_t tiles = row_tiles * column_tiles;
  const std::int64_t tasks = elements / (all.rows * all.columns) * tiles;
#pragma omp parallel for schedule(static) if (may_share && elements > 2 * kTaskElements)
  for (std::int64_t task = 0; task < tasks; ++task) {
    std::int64_t from = copy.from_offset, to = copy.to_offset, rest = task / tiles;
    for (std::size_t axis = rank; axis-- > 2;) {
      const std::int64_t i = rest % copy.extents[axis - 2];
      rest /= copy.extents[axis - 2];
      from += i * copy.from_strides[axis - 2];
      to += i * copy.to_strides[axis - 2];
    }
    const std::int64_t row = task % tiles / column_tiles * tile_rows;
    const std::int64_t column = task % column_tiles * tile_columns;
    Tile tile = all;
    tile.rows = std::min(tile_rows, all.rows - row);
    tile.columns = std::min(tile_columns, all.columns - column);
    from += row * all.from_row + column * all.from_column;
    to += row * all.to_row + column * all.to_column;
    body(tile, from, to);
  }
}

}  // namespace

std::vector<StridedCopy> plan_copies(const BlockedStrides& from, const BlockedStrides& to,
                                     const std::vector<AxisRun>& region) {
  std::vector<StridedCopy> copies(1);
  for (std::size_t axis = 0; axis < region.size(); ++axis) {
    const auto pieces = pieces_of(AxisLayout(from, axis), AxisLayout(to, axis), region[axis]);
    std::vector<StridedCopy> next;
    for (const StridedCopy& outer : copies) {
      for (const AxisPiece& piece : pieces) {
        StridedCopy copy = outer;
        copy.extents.insert(copy.extents.end(), {piece.count, piece.length});
        copy.from_strides.insert(copy.from_strides.end(), {piece.from_outer, piece.from_inner});
        copy.to_strides.insert(copy.to_strides.end(), {piece.to_outer, piece.to_inner});
        copy.from_offset += piece.from_offset;
        copy.to_offset += piece.to_offset;
        next.push_back(std::move(copy));
      }
    }
    copies = std::move(next);
  }
  for (StridedCopy& copy : copies) copy = simplified(copy);
  return copies;
}

std::vector<StridedCopy> plan_padding(const BlockedStrides& to, const Shape& shape) {
  if (to.block <= 1) return {};
  std::vector<AxisRun> region;
  for (const std::int64_t extent : shape) region.push_back({.extent = extent});
  AxisRun& blocked = region.at(static_cast<std::size_t>(to.axis));
  const std::int64_t used = blocked.extent;
  blocked.from_begin = blocked.to_begin = used;
  blocked.extent = (to.block - used % to.block) % to.block;
  return plan_copies(to, to, region);
}

StridedCopy simplified(const StridedCopy& copy) {
  std::vector<std::size_t> order;
  for (std::size_t axis = 0; axis < copy.extents.size(); ++axis) {
    if (copy.extents[axis] != 1) order.push_back(axis);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::abs(copy.to_strides[a]) > std::abs(copy.to_strides[b]);
  });
  StridedCopy result;
  result.from_offset = copy.from_offset;
  result.to_offset = copy.to_offset;
  for (const std::size_t axis : order) {
    const std::int64_t extent = copy.extents[axis], from = copy.from_strides[axis], to = copy.to_strides[axis];
    const bool continues = !result.extents.empty() && result.from_strides.back() == from * extent &&
                           result.to_strides.back() == to * extent;
    if (continues) {
      result.extents.back() *= extent;
      result.from_strides.back() = from;
      result.to_strides.back() = to;
    } else {
      result.extents.push_back(extent);
      result.from_strides.push_back(from);
      result.to_strides.push_back(to);
    }
  }
  // Where the innermost loop jumps through the source, the loop that would walk it becomes the second.
  const std::size_t rank = result.extents.size();
  if (rank > 2 && result.from_strides[rank - 1] != 1) {
    const auto walks = std::find(result.from_strides.begin(), result.from_strides.end() - 1, 1);
    const auto at = walks - result.from_strides.begin();
    if (walks != result.from_strides.end() - 1) {
      for (Shape* each : {&result.extents, &result.from_strides, &result.to_strides}) {
        std::rotate(each->begin() + at, each->begin() + at + 1, each->end() - 1);
      }
    }
  }
  return result;
}

namespace {

template <typename Element>
void copy_elements(const StridedCopy& copy, const void* from, void* to) {
  for_each_tile(copy, true, [&](const Tile& tile, std::int64_t from_offset, std::int64_t to_offset) {
    copy_tile(tile, static_cast<const Element*>(from) + from_offset, static_cast<Element*>(to) + to_offset);
  });
}

template <typename Element>
void fill_elements(const StridedCopy& copy, Element word, void* to) {
  for_each_tile(copy, true, [&](const Tile& tile, std::int64_t, std::int64_t to_offset) {
    fill_tile(tile, word, static_cast<Element*>(to) + to_offset);
  });
}

}  // namespace

void run_copy(const StridedCopy& copy, std::size_t element_bytes, const void* from, void* to) {
  const auto copies = element_bytes == sizeof(Word)       ? copy_elements<Word>
                      : element_bytes == sizeof(HalfWord) ? copy_elements<HalfWord>
                                                          : copy_elements<Byte>;
  copies(copy, from, to);
}

void run_fill(const StridedCopy& copy, std::uint32_t word, void* to) { fill_elements<Word>(copy, word, to); }
void run_zero(const StridedCopy& copy, std::size_t element_bytes, void* to) {
  if (element_bytes == sizeof(Word)) return fill_elements<Word>(copy, 0, to);
  if (element_bytes == sizeof(HalfWord)) return fill_elements<HalfWord>(copy, 0, to);
  fill_elements<Byte>(copy, 0, to);
}

void run_add(const StridedCopy& copy, const float* from, float* to) {
  const bool may_share = std::count(copy.to_strides.begin(), copy.to_strides.end(), 0) == 0;
  for_each_tile(copy, may_share, [&](const Tile& tile, std::int64_t from_offset, std::int64_t to_offset) {
    add_tile(tile, from + from_offset, to + to_offset);
  });
}

}  // namespace thaw::cpu
