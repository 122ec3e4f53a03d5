#include "ops/norm/channel_loops.h"

#include "ops/device/cpu/simd.h"

namespace thaw::cpu {
namespace {

#define THAW_INLINE inline __attribute__((always_inline))

THAW_INLINE void load(const float* at, int lanes, Lanes& to) {
  if (lanes == kLanes) {
    to = *reinterpret_cast<const Lanes*>(at);
  } else {
    to = Lanes{};
    for (int c = 0; c < lanes; ++c) to[c] = at[c];
  }
}
THAW_INLINE void store(const Lanes& from, int lanes, float* at) {
  if (lanes == kLanes) {
    *reinterpret_cast<Lanes*>(at) = from;
  } else {
    for (int c = 0; c < lanes; ++c) at[c] = from[c];
  }
}
THAW_INLINE void load(const LaneNumbers& from, Lanes& to) { load(from.values, kLanes, to); }

/// Calls body(offset, lanes) for each row; full rows get their 16 lanes as a constant.
template <typename Body>
THAW_INLINE void for_each_row(const Piece& piece, const Body& body) {
  const std::int64_t full = piece.lanes < kLanes ? 0 : piece.last_lanes < kLanes ? piece.rows - 1 : piece.rows;
  std::int64_t at = piece.offset;
  for (std::int64_t row = 0; row < full; ++row, at += piece.stride) body(at, kLanes);
  for (std::int64_t row = full; row < piece.rows; ++row, at += piece.stride) body(at, piece.last_lanes);
}

/// dY of a row, zero where the fused relu was shut.
THAW_INLINE void load_open(const float* dy, int lanes, bool has_relu, const Lanes& before_relu, Lanes& to) {
  load(dy, lanes, to);
  if (has_relu) to = before_relu > 0 ? to : Lanes{};
}

THAW_SIMD_CLONES void sum_grads(const Piece& piece, const float* dy, const float* x, const Mapping& mapping,
                                LaneNumbers& plain, LaneNumbers& centered) {
  Lanes mean, scale, bias, sum_dy{}, sum_dy_x{};
  load(mapping.mean, mean);
  load(mapping.scale, scale);
  load(mapping.bias, bias);
  for_each_row(
      piece, [&](std::int64_t at, int lanes) __attribute__((always_inline)) {
        Lanes row, grad;
        load(x + at, lanes, row);
        row -= mean;
        const Lanes before_relu = row * scale + bias;
        load_open(dy + at, lanes, mapping.has_relu, before_relu, grad);
        sum_dy += grad;
        sum_dy_x += grad * row;
      });
  store(sum_dy, kLanes, plain.values);
  store(sum_dy_x, kLanes, centered.values);
}

THAW_SIMD_CLONES void sum_rows(const Piece& piece, const float* x, LaneNumbers& total) {
  Lanes running{};
  for_each_row(
      piece, [&](std::int64_t at, int lanes) __attribute__((always_inline)) {
        Lanes row;
        load(x + at, lanes, row);
        running += row;
      });
  store(running, kLanes, total.values);
}

THAW_SIMD_CLONES void sum_around(const Piece& piece, const float* x, Moments& moments) {
  Lanes rest{}, squares{};
  for_each_row(
      piece, [&](std::int64_t at, int lanes) __attribute__((always_inline)) {
        Lanes row, guess;
        load(x + at, lanes, row);
        load(moments.guess.values, lanes, guess);
        row -= guess;
        rest += row;
        squares += row * row;
      });
  store(rest, kLanes, moments.rest.values);
  store(squares, kLanes, moments.squares.values);
}

}  // namespace

void fold(LaneNumbers& numbers, int block) {
  float sums[kLanes] = {};
  for (int lane = 0; lane < kLanes; ++lane) sums[lane % block] += numbers.values[lane];
  for (int lane = 0; lane < kLanes; ++lane) numbers.values[lane] = sums[lane % block];
}

THAW_SIMD_CLONES void map_rows(const Piece& piece, const float* x, const Mapping& mapping, float* y) {
  Lanes mean, scale, bias;
  load(mapping.mean, mean);
  load(mapping.scale, scale);
  load(mapping.bias, bias);
  for_each_row(
      piece, [&](std::int64_t at, int lanes) __attribute__((always_inline)) {
        Lanes row;
        load(x + at, lanes, row);
        row = (row - mean) * scale + bias;
        if (mapping.has_relu) row = row < 0 ? Lanes{} : row;  // false for NaN, which passes on
        store(row, lanes, y + at);
      });
}

void grad_sums(const Piece& piece, const float* dy, const float* x, const Mapping& mapping, LaneNumbers& plain,
               LaneNumbers& centered) {
  sum_grads(piece, dy, x, mapping, plain, centered);
  fold(plain, piece.block);
  fold(centered, piece.block);
}

THAW_SIMD_CLONES void grad_map(const Piece& piece, const float* dy, const float* x, const Mapping& mapping,
                               const LaneNumbers& slopes, const LaneNumbers& offsets, float* dx) {
  Lanes mean, scale, bias, slope, offset;
  load(mapping.mean, mean);
  load(mapping.scale, scale);
  load(mapping.bias, bias);
  load(slopes, slope);
  load(offsets, offset);
  for_each_row(
      piece, [&](std::int64_t at, int lanes) __attribute__((always_inline)) {
        Lanes row, grad;
        load(x + at, lanes, row);
        row -= mean;
        const Lanes before_relu = row * scale + bias;
        load_open(dy + at, lanes, mapping.has_relu, before_relu, grad);
        grad = grad * scale + (row * slope + offset);
        store(grad, lanes, dx + at);
      });
}

Moments moments(const Piece& piece, const float* x) {
  Moments found;
  sum_rows(piece, x, found.guess);
  fold(found.guess, piece.block);
  for (float& value : found.guess.values) value /= static_cast<float>(piece.count);
  sum_around(piece, x, found);
  fold(found.rest, piece.block);
  fold(found.squares, piece.block);
  return found;
}

}  // namespace thaw::cpu
