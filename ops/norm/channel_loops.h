#pragma once

#include "ops/device/cpu/bfloat16.h"
#include "ops/norm/channel_pieces.h"

/// The inner loops of normalization: each runs over one piece and is compiled for every instruction set, and for
/// tensors of float and of BFloat16 (`Number`). All compute in float.
namespace thaw::cpu {

/// A number for each lane of a group.
struct alignas(64) LaneNumbers {
  float values[kLanes] = {};
};

/// What one channel's numbers are mapped with: (x - mean) * scale + bias.
struct Mapping {
  LaneNumbers mean, scale, bias;
  bool has_relu = false;
};

/// Adds up the lanes that hold the same channel; each of them gets the sum.
void fold(LaneNumbers& numbers, int block);

/// Mean and variance of a piece's channels on the way: sums around a guess of the mean that is off by its rounding
/// alone, so that the rest can be put right in double precision.
struct Moments {
  LaneNumbers guess;    ///< the mean, as far as f32 sums find it
  LaneNumbers rest;     ///< sum of x - guess
  LaneNumbers squares;  ///< sum of (x - guess)^2
};
template <typename Number>
Moments moments(const Piece& piece, const Number* x);

/// y = (x - mean) * scale + bias, and a relu. May be in place.
template <typename Number>
void map_rows(const Piece& piece, const Number* x, const Mapping& mapping, Number* y);
/// The same with `added` before the relu. May be in place of either.
template <typename Number>
void map_and_add_rows(const Piece& piece, const Number* x, const Number* added, const Mapping& mapping, Number* y);

/// Sums of dY and of dY * (x - mean), folded; dY counts as zero where the mapping's relu is shut.
template <typename Number>
void grad_sums(const Piece& piece, const Number* dy, const Number* x, const Mapping& mapping, LaneNumbers& plain,
               LaneNumbers& centered);
/// dx = dy * scale + (x - mean) * slope + offset. May be in place of dy.
template <typename Number>
void grad_map(const Piece& piece, const Number* dy, const Number* x, const Mapping& mapping, const LaneNumbers& slopes,
              const LaneNumbers& offsets, Number* dx);

}  // namespace thaw::cpu
