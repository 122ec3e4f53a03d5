// ONNX Dropout-13 with a mask of our own: element i is dropped if number i % 4 of Philox4x32-10's block for key seed
// and counter (i / 4, step, 0) is below ratio * 2^32. The generator is written from Salmon et al., "Parallel random
// numbers: as easy as 1, 2, 3" (SC 2011), section 3.3: ten rounds of two multiplications, keys bumped by Weyl
// constants.
#include <array>
#include <cstdint>

#include "tests/reference/functions.h"

namespace thaw::reference {
namespace {

using Block = std::array<std::uint32_t, 4>;

Block philox(Block counter, std::uint32_t key0, std::uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t first = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t second = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(second >> 32) ^ counter[1] ^ key0, static_cast<std::uint32_t>(second),
               static_cast<std::uint32_t>(first >> 32) ^ counter[3] ^ key1, static_cast<std::uint32_t>(first)};
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return counter;
}

std::vector<Tensor> dropout(const Call& call) {
  Tensor y = call.in(0);
  if (!call.has(1)) return {y};
  const double ratio = call.node.attributes.real("ratio", 0.5);
  const auto seed = static_cast<std::uint64_t>(call.node.attributes.integer("seed"));
  const auto step = static_cast<std::uint32_t>(call.in(1).at(0));
  for (std::size_t i = 0; i < y.values.size(); ++i) {
    const std::uint64_t block = i / 4;
    const Block draws = philox({static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32), step, 0},
                               static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32));
    y.values[i] = draws[i % 4] < ratio * 4294967296.0 ? 0 : y.values[i] / (1 - ratio);
  }
  return {y};
}

}  // namespace

void add_dropout(Functions& functions) { functions["Dropout"] = dropout; }

}  // namespace thaw::reference
