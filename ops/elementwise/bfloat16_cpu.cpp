// Elementwise kernels of bfloat16 numbers: chunks that fit the first-level cache are widened, worked on by the loops
// for f32, and rounded.
#include <algorithm>

#include "ops/device/cpu/bfloat16.h"
#include "ops/device/cpu/split_kernel.h"
#include "ops/elementwise/broadcast_cpu.h"

namespace thaw::cpu {
namespace {

constexpr std::int64_t kChunk = 2048;

}  // namespace

std::unique_ptr<Kernel> make_bfloat16_kernel(int inputs, std::int64_t count, TileFunction tile_function) {
  const std::int64_t chunks = (count + kChunk - 1) / kChunk;
  return std::make_unique<SplitKernel>(chunks, [=](const Buffers& buffers, std::int64_t begin, std::int64_t end) {
    alignas(64) float wide[3][kChunk];
    for (std::int64_t chunk = begin; chunk < end; ++chunk) {
      const std::int64_t first = chunk * kChunk, n = std::min(kChunk, count - first);
      Tile tile;
      tile.rows = 1;
      tile.columns = n;
      tile.out = wide[0];
      for (int i = 0; i < inputs; ++i) {
        to_floats(static_cast<const BFloat16*>(buffers.inputs[static_cast<std::size_t>(i)]) + first, n, wide[i]);
        tile.in[i] = wide[i];
        tile.column_strides[i] = 1;
      }
      tile_function(tile);
      to_bfloat16s(wide[0], n, static_cast<BFloat16*>(buffers.outputs[0]) + first);
    }
  });
}

}  // namespace thaw::cpu
