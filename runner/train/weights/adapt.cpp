#include "runner/train/weights/adapt.h"

namespace thaw {

std::vector<float> with_channels(const NamedTensor& kernel, std::int64_t channels) {
  const auto filters = static_cast<std::size_t>(kernel.shape.at(0)), old = static_cast<std::size_t>(kernel.shape.at(1));
  const auto area = static_cast<std::size_t>(kernel.shape.at(2) * kernel.shape.at(3));
  const auto wanted = static_cast<std::size_t>(channels);
  std::vector<float> values(filters * wanted * area);
  for (std::size_t f = 0; f < filters; ++f) {
    for (std::size_t i = 0; i < area; ++i) {
      double sum = 0;
      for (std::size_t c = 0; c < old; ++c) sum += kernel.values[(f * old + c) * area + i];
      // mean * old / new
      const auto each = static_cast<float>(sum / static_cast<double>(wanted));
      for (std::size_t c = 0; c < wanted; ++c) values[(f * wanted + c) * area + i] = each;
    }
  }
  return values;
}

}  // namespace thaw
