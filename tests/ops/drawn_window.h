#pragma once

#include <algorithm>
#include <random>

#include "graph/attribute.h"
#include "graph/shape.h"

namespace thaw {

/// Numbers drawn from a seed, the same on every machine.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : generator_(seed) {}

  /// One of first..last.
  std::int64_t from(std::int64_t first, std::int64_t last) {
    return first + static_cast<std::int64_t>(generator_() % static_cast<std::uint64_t>(last - first + 1));
  }
  template <typename Value = std::int64_t>
  Value one_of(const std::vector<Value>& values) {
    return values.at(static_cast<std::size_t>(from(0, static_cast<std::int64_t>(values.size()) - 1)));
  }
  std::int64_t one_of(std::initializer_list<std::int64_t> values) { return one_of(std::vector<std::int64_t>(values)); }
  std::string one_of(std::initializer_list<const char*> values) {
    return one_of(std::vector<std::string>(values.begin(), values.end()));
  }

 private:
  std::mt19937_64 generator_;
};

/// A window's attributes and a picture it fits.
struct DrawnWindow {
  Shape inputs, kernel;
  Attributes attributes;
};

/// A window over `axes` spatial axes. No pad is as wide as the window, so that poolings can use it; of a transposed
/// one, the output has an element at least.
inline DrawnWindow draw_window(Draw& draw, std::int64_t axes, bool is_transposed) {
  DrawnWindow drawn;
  Shape strides, begins, ends, dilations, added;
  for (std::int64_t axis = 0; axis < axes; ++axis) {
    drawn.kernel.push_back(draw.from(1, axes == 3 ? 3 : 4));
    strides.push_back(draw.from(1, 3));
    dilations.push_back(draw.one_of({1, 1, 2}));
    begins.push_back(draw.from(0, drawn.kernel.back() - 1));
    ends.push_back(draw.from(0, drawn.kernel.back() - 1));
    added.push_back(draw.from(0, strides.back() - 1));
    const std::int64_t covered = (drawn.kernel.back() - 1) * dilations.back() + 1;
    const std::int64_t least = is_transposed ? (begins.back() + ends.back()) / strides.back() + 1 : covered;
    drawn.inputs.push_back(least + draw.from(0, axes == 3 ? 2 : 5));
  }
  begins.insert(begins.end(), ends.begin(), ends.end());
  drawn.attributes = {{"kernel_shape", drawn.kernel}, {"strides", strides}, {"pads", begins}, {"dilations", dilations}};
  if (is_transposed) drawn.attributes.set("output_padding", added);
  return drawn;
}

}  // namespace thaw
