#include "ops/norm/channel_loops.h"

#include <type_traits>
#if defined(__SSE__)
#include <emmintrin.h>
#endif

#include "ops/device/cpu/lanes.h"
#include "ops/device/cpu/simd.h"

namespace thaw::cpu {
namespace {

THAW_INLINE inline void load(const float* at, int lanes, Lanes& to) {
  if (lanes == kLanes) {
    to = *reinterpret_cast<const Lanes*>(at);
  } else {
    to = Lanes{};
    for (int c = 0; c < lanes; ++c) to[c] = at[c];
  }
}
THAW_INLINE inline void store(const Lanes& from, int lanes, float* at) {
  if (lanes == kLanes) {
    *reinterpret_cast<Lanes*>(at) = from;
  } else {
    for (int c = 0; c < lanes; ++c) at[c] = from[c];
  }
}

THAW_INLINE inline void load(const BFloat16* at, int lanes, Lanes& to) {
  if (lanes == kLanes) {
    Lanes16::Float row;
    load<Lanes16>(at, row);
    to = row;
  } else {
    to = Lanes{};
    for (int c = 0; c < lanes; ++c) to[c] = to_float(at[c]);
  }
}
THAW_INLINE inline void store(const Lanes& from, int lanes, BFloat16* at) {
  if (lanes == kLanes) {
    store<Lanes16>(Lanes16::Float(from), at);
  } else {
    for (int c = 0; c < lanes; ++c) at[c] = to_bfloat16(from[c]);
  }
}
/// Past the caches: for outputs that would only drive other things out of them, and whose lines need not be read first.
THAW_INLINE inline void stream_row(const Lanes& from, float* at) {
#if defined(__SSE__)
  const auto* quarters = reinterpret_cast<const __m128*>(&from);
  for (int q = 0; q < 4; ++q) _mm_stream_ps(at + 4 * q, quarters[q]);
#else
  store(from, kLanes, at);
#endif
}
THAW_INLINE inline void stream_row(const Lanes& from, BFloat16* at) {
#if defined(__SSE__)
  alignas(32) Lanes16::Halves row;
  round<Lanes16>(Lanes16::Float(from), row);
  const auto* parts = reinterpret_cast<const __m128i*>(&row);
  for (int h = 0; h < 2; ++h) _mm_stream_si128(reinterpret_cast<__m128i*>(at) + h, parts[h]);
#else
  store(from, kLanes, at);
#endif
}
THAW_INLINE inline void load(const LaneNumbers& from, Lanes& to) { load(from.values, kLanes, to); }

/// Sums run in four chains, because one would wait for each addition.
constexpr int kChains = 4;
template <int kChain>
using Chain = std::integral_constant<int, kChain>;

/// Calls body(offset, lanes, chain) for each row; full rows get their 16 lanes and their chain as constants.
template <typename Body>
THAW_INLINE inline void for_each_row(const Piece& piece, const Body& body) {
  const std::int64_t full = piece.lanes < kLanes ? 0 : piece.last_lanes < kLanes ? piece.rows - 1 : piece.rows;
  const std::int64_t stride = piece.stride;
  std::int64_t at = piece.offset, row = 0;
  for (; row + kChains <= full; row += kChains, at += kChains * stride) {
    body(at, kLanes, Chain<0>());
    body(at + stride, kLanes, Chain<1>());
    body(at + 2 * stride, kLanes, Chain<2>());
    body(at + 3 * stride, kLanes, Chain<3>());
  }
  for (; row < full; ++row, at += stride) body(at, kLanes, Chain<0>());
  for (; row < piece.rows; ++row, at += stride) body(at, piece.last_lanes, Chain<0>());
}

/// Works out each row by map_row(offset, lanes, row) and writes it.
template <typename Number, typename MapRow>
THAW_INLINE inline void write_rows(const Piece& piece, Number* to, const MapRow& map_row) {
  const auto write = [&](std::int64_t at, int lanes, auto) __attribute__((always_inline)) {
    Lanes row;
    map_row(at, lanes, row);
    store(row, lanes, to + at);
  };
  const auto stream = [&](std::int64_t at, int, auto) __attribute__((always_inline)) {
    Lanes row;
    map_row(at, kLanes, row);
    stream_row(row, to + at);
  };
  if (!piece.is_streamed) {
    for_each_row(piece, write);
    return;
  }
  for_each_row(piece, stream);
#if defined(__SSE__)
  _mm_sfence();
#endif
}

THAW_INLINE inline void store_sum(const Lanes (&chains)[kChains], LaneNumbers& to) {
  const Lanes sum = (chains[0] + chains[1]) + (chains[2] + chains[3]);
  store(sum, kLanes, to.values);
}

/// dY of a row, zero where the fused relu was shut.
template <typename Number>
THAW_INLINE inline void load_open(const Number* dy, int lanes, bool has_relu, const Lanes& before_relu, Lanes& to) {
  load(dy, lanes, to);
  if (has_relu) to = before_relu > 0 ? to : Lanes{};
}

template <typename Number>
THAW_SIMD_CLONES void sum_grads(const Piece& piece, const Number* dy, const Number* x, const Mapping& mapping,
                                LaneNumbers& plain, LaneNumbers& centered) {
  Lanes mean, scale, bias, sum_dy[kChains] = {}, sum_dy_x[kChains] = {};
  load(mapping.mean, mean);
  load(mapping.scale, scale);
  load(mapping.bias, bias);
  for_each_row(
      piece, [&](std::int64_t at, int lanes, auto chain) __attribute__((always_inline)) {
        Lanes row, grad;
        load(x + at, lanes, row);
        row -= mean;
        const Lanes before_relu = row * scale + bias;
        load_open(dy + at, lanes, mapping.has_relu, before_relu, grad);
        sum_dy[chain] += grad;
        sum_dy_x[chain] += grad * row;
      });
  store_sum(sum_dy, plain);
  store_sum(sum_dy_x, centered);
}

template <typename Number>
THAW_SIMD_CLONES void sum_rows(const Piece& piece, const Number* x, LaneNumbers& total) {
  Lanes running[kChains] = {};
  for_each_row(
      piece, [&](std::int64_t at, int lanes, auto chain) __attribute__((always_inline)) {
        Lanes row;
        load(x + at, lanes, row);
        running[chain] += row;
      });
  store_sum(running, total);
}

template <typename Number>
THAW_SIMD_CLONES void sum_around(const Piece& piece, const Number* x, Moments& moments) {
  Lanes rest[kChains] = {}, squares[kChains] = {};
  for_each_row(
      piece, [&](std::int64_t at, int lanes, auto chain) __attribute__((always_inline)) {
        Lanes row, guess;
        load(x + at, lanes, row);
        load(moments.guess.values, lanes, guess);
        row -= guess;
        rest[chain] += row;
        squares[chain] += row * row;
      });
  store_sum(rest, moments.rest);
  store_sum(squares, moments.squares);
}

}  // namespace

void fold(LaneNumbers& numbers, int block) {
  if (block == kLanes) return;
  float sums[kLanes] = {};
  for (int lane = 0; lane < kLanes; ++lane) sums[lane % block] += numbers.values[lane];
  for (int lane = 0; lane < kLanes; ++lane) numbers.values[lane] = sums[lane % block];
}

template <typename Number>
THAW_SIMD_CLONES void map_rows(const Piece& piece, const Number* x, const Mapping& mapping, Number* y) {
  Lanes mean, scale, bias;
  load(mapping.mean, mean);
  load(mapping.scale, scale);
  load(mapping.bias, bias);
  const auto map_row = [&](std::int64_t at, int lanes, Lanes& row) __attribute__((always_inline)) {
    load(x + at, lanes, row);
    row = (row - mean) * scale + bias;
    if (mapping.has_relu) row = row < 0 ? Lanes{} : row;  // false for NaN, which passes on
  };
  write_rows(piece, y, map_row);
}

template <typename Number>
THAW_SIMD_CLONES void map_and_add_rows(const Piece& piece, const Number* x, const Number* added, const Mapping& mapping,
                                       Number* y) {
  Lanes mean, scale, bias;
  load(mapping.mean, mean);
  load(mapping.scale, scale);
  load(mapping.bias, bias);
  const auto map_row = [&](std::int64_t at, int lanes, Lanes& row) __attribute__((always_inline)) {
    Lanes rest;
    load(x + at, lanes, row);
    load(added + at, lanes, rest);
    row = (row - mean) * scale + bias + rest;
    if (mapping.has_relu) row = row < 0 ? Lanes{} : row;
  };
  write_rows(piece, y, map_row);
}

template <typename Number>
void grad_sums(const Piece& piece, const Number* dy, const Number* x, const Mapping& mapping, LaneNumbers& plain,
               LaneNumbers& centered) {
  sum_grads(piece, dy, x, mapping, plain, centered);
  fold(plain, piece.block);
  fold(centered, piece.block);
}

template <typename Number>
THAW_SIMD_CLONES void grad_map(const Piece& piece, const Number* dy, const Number* x, const Mapping& mapping,
                               const LaneNumbers& slopes, const LaneNumbers& offsets, Number* dx) {
  Lanes mean, scale, bias, slope, offset;
  load(mapping.mean, mean);
  load(mapping.scale, scale);
  load(mapping.bias, bias);
  load(slopes, slope);
  load(offsets, offset);
  const auto map_row = [&](std::int64_t at, int lanes, Lanes& grad) __attribute__((always_inline)) {
    Lanes row;
    load(x + at, lanes, row);
    row -= mean;
    const Lanes before_relu = row * scale + bias;
    load_open(dy + at, lanes, mapping.has_relu, before_relu, grad);
    grad = grad * scale + (row * slope + offset);
  };
  write_rows(piece, dx, map_row);
}

template <typename Number>
Moments moments(const Piece& piece, const Number* x) {
  Moments found;
  sum_rows(piece, x, found.guess);
  fold(found.guess, piece.block);
  for (float& value : found.guess.values) value /= static_cast<float>(piece.count);
  sum_around(piece, x, found);
  fold(found.rest, piece.block);
  fold(found.squares, piece.block);
  return found;
}

#define THAW_INSTANTIATE(Number)                                                                                   \
  template Moments moments(const Piece&, const Number*);                                                           \
  template void map_rows(const Piece&, const Number*, const Mapping&, Number*);                                    \
  template void map_and_add_rows(const Piece&, const Number*, const Number*, const Mapping&, Number*);             \
  template void grad_sums(const Piece&, const Number*, const Number*, const Mapping&, LaneNumbers&, LaneNumbers&); \
  template void grad_map(const Piece&, const Number*, const Number*, const Mapping&, const LaneNumbers&,           \
                         const LaneNumbers&, Number*);
THAW_INSTANTIATE(float)
THAW_INSTANTIATE(BFloat16)
#undef THAW_INSTANTIATE

}  // namespace thaw::cpu
