#include "ops/device/cpu/winograd.h"

#include <algorithm>

namespace thaw::cpu {
namespace {

// Of one core of Zen 5 with oneDNN 2.6.3, by timing both ways for 3 to 512 channels of 7x7 to 56x56 pixels; two cores
// were twice as fast in all of it, more were not tried. Only the ratios matter.
constexpr double kFlopsOfSums = 260e9, kFlopsOfTiles = 240e9;  // per second
constexpr double kPictureBytes = 25e9, kKernelBytes = 7e9;     // of what is transformed, per second
constexpr double kWorthIt = 1.05;

constexpr std::int64_t kTile = 4, kLanes = 16;  // channels are padded to whole vectors
constexpr double kPoints = 36;                  // of a transformed tile

std::int64_t blocks(std::int64_t count, std::int64_t size) { return (count + size - 1) / size; }

}  // namespace

double winograd_gain(const Window& window, const Shape& kernel, const Shape& sums, const Shape& tiled) {
  const auto all = [](const Shape& numbers, std::int64_t low, std::int64_t high) {
    return std::all_of(numbers.begin(), numbers.end(), [&](std::int64_t n) { return n >= low && n <= high; });
  };
  if (kernel.size() != 4 || kernel[2] != 3 || kernel[3] != 3 || !all(window.strides, 1, 1) ||
      !all(window.dilations, 1, 1) || !all(window.pads_begin, 0, 1) || window.pads_begin != window.pads_end) {
    return 0;  // with uneven pads oneDNN 2.6.3 gives wrong gradients
  }
  const auto filters = static_cast<double>(kLanes * blocks(kernel[0], kLanes));
  const auto channels = static_cast<double>(kLanes * blocks(kernel[1], kLanes));
  const auto tiles = static_cast<double>(tiled[0] * blocks(tiled[2], kTile) * blocks(tiled[3], kTile));
  const double seconds = kPoints * (2 * tiles * filters * channels / kFlopsOfTiles +
                                    sizeof(float) * tiles * (filters + channels) / kPictureBytes +
                                    sizeof(float) * filters * channels / kKernelBytes);
  const auto products = static_cast<double>(kernel[0] * kernel[1] * 9 * sums[0] * sums[2] * sums[3]);
  const double gain = 2 * products / kFlopsOfSums / seconds;
  return gain > kWorthIt ? gain : 0;
}

}  // namespace thaw::cpu
