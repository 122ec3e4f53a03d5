#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "ops/activation.h"
#include "ops/device/cpu/simd.h"
#include "ops/elementwise/math.h"
#include "ops/kernel.h"

/// Elementwise kernels of one to three inputs that broadcast as numpy does, in whatever layout the inputs have.
namespace thaw::cpu {

/// A piece of the loop over all elements: `rows` rows of `columns` outputs that lie side by side. Each input steps by
/// its strides, 0 where it is repeated.
struct Tile {
  const float* in[3] = {};
  float* out = nullptr;
  std::int64_t rows = 0, columns = 0;
  std::int64_t row_strides[3] = {}, column_strides[3] = {};
};

using TileFunction = std::function<void(const Tile&)>;

struct Broadcast {
  TileFunction tile;
  /// The inputs' extents aligned with the output's (as many axes, 1 where repeated); numpy's alignment if empty.
  std::vector<Shape> aligned = {};
  /// f(0, ..., 0) is 0, so that the padding of blocked layouts stays zero by itself.
  bool keeps_zero = false;
};

/// The function applied to `count` bfloat16 numbers of each input, element by element.
std::unique_ptr<Kernel> make_bfloat16_kernel(int inputs, std::int64_t count, TileFunction tile);

/// A fused activation as a loop over one input.
TileFunction function_of(const FusedActivation& activation);
/// In place, element by element.
inline void apply(const TileFunction& function, float* y, std::int64_t count) {
  function({.in = {y}, .out = y, .rows = 1, .columns = count, .row_strides = {}, .column_strides = {1}});
}

/// Binds the kernel: the output takes the layout of the last input of its own shape that is not row-major.
std::unique_ptr<Kernel> bind_broadcast(BindContext& context, Broadcast broadcast);

namespace tile {

/// An input in the innermost loop: element by element, one value for the row, or any stride.
enum class Step { kEach, kOnce, kStrided };

template <Step step>
THAW_FUNCTION float read(const float* at, float once, std::int64_t stride, std::int64_t i) {
  if constexpr (step == Step::kEach) return at[i];
  if constexpr (step == Step::kOnce) return once;
  return at[i * stride];
}

// The loops say `simd` because an output may take over the memory of an input: element by element that is sound, but a
// compiler that only sees overlap would not use vectors.

template <Step a, typename F>
THAW_FUNCTION void loop(const F& f, const Tile& t, std::int64_t row, std::int64_t n) {
  const float* x = t.in[0] + row * t.row_strides[0];
  float* y = t.out + row * t.columns;
  const float x0 = *x;
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) y[i] = f(read<a>(x, x0, t.column_strides[0], i));
}

template <Step a, Step b, typename F>
THAW_FUNCTION void loop(const F& f, const Tile& t, std::int64_t row, std::int64_t n) {
  const float* x = t.in[0] + row * t.row_strides[0];
  const float* z = t.in[1] + row * t.row_strides[1];
  float* y = t.out + row * t.columns;
  const float x0 = *x, z0 = *z;
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) {
    y[i] = f(read<a>(x, x0, t.column_strides[0], i), read<b>(z, z0, t.column_strides[1], i));
  }
}

template <Step a, Step b, Step c, typename F>
THAW_FUNCTION void loop(const F& f, const Tile& t, std::int64_t row, std::int64_t n) {
  const float* x = t.in[0] + row * t.row_strides[0];
  const float* z = t.in[1] + row * t.row_strides[1];
  const float* w = t.in[2] + row * t.row_strides[2];
  float* y = t.out + row * t.columns;
  const float x0 = *x, z0 = *z, w0 = *w;
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) {
    y[i] = f(read<a>(x, x0, t.column_strides[0], i), read<b>(z, z0, t.column_strides[1], i),
             read<c>(w, w0, t.column_strides[2], i));
  }
}

/// All rows; a block of 16 channels is a loop of known length.
template <typename F, Step... steps>
THAW_SIMD_CLONES void rows(F f, const Tile& t) {
  if (t.columns == 16) {
    for (std::int64_t row = 0; row < t.rows; ++row) loop<steps...>(f, t, row, 16);
  } else {
    for (std::int64_t row = 0; row < t.rows; ++row) loop<steps...>(f, t, row, t.columns);
  }
}

/// Picks the loop for the columns' strides. Ways that are seldom met share the strided loop.
template <int inputs, typename F>
void run(F f, const Tile& t) {
  constexpr Step kE = Step::kEach, kO = Step::kOnce, kS = Step::kStrided;
  int key = 0;  // a digit an input, the first in front: 0 once, 1 each, 2 strided
  for (int i = 0; i < inputs; ++i) {
    const std::int64_t stride = t.column_strides[i];
    key = 3 * key + (stride == 0 ? 0 : stride == 1 ? 1 : 2);
  }
  if constexpr (inputs == 1) {
    return key == 1 ? rows<F, kE>(f, t) : key == 0 ? rows<F, kO>(f, t) : rows<F, kS>(f, t);
  } else if constexpr (inputs == 2) {
    if (key == 4) return rows<F, kE, kE>(f, t);
    if (key == 3) return rows<F, kE, kO>(f, t);
    if (key == 1) return rows<F, kO, kE>(f, t);
    rows<F, kS, kS>(f, t);
  } else {
    if (key == 13) return rows<F, kE, kE, kE>(f, t);
    if (key == 12) return rows<F, kE, kE, kO>(f, t);
    if (key == 3) return rows<F, kO, kE, kO>(f, t);
    rows<F, kS, kS, kS>(f, t);
  }
}

}  // namespace tile

/// The kernel's loop for a function of `inputs` numbers.
template <int inputs, typename F>
Broadcast broadcast_of(F f) {
  Broadcast broadcast{[f](const Tile& t) { tile::run<inputs>(f, t); }};
  if constexpr (inputs == 1) broadcast.keeps_zero = f(0.0F) == 0;
  if constexpr (inputs == 2) broadcast.keeps_zero = f(0.0F, 0.0F) == 0;
  if constexpr (inputs == 3) broadcast.keeps_zero = f(0.0F, 0.0F, 0.0F) == 0;
  return broadcast;
}

}  // namespace thaw::cpu
