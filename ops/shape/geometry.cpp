#include "ops/shape/geometry.h"

#include <algorithm>
#include <numeric>

#include "ops/axis.h"

namespace thaw {

SliceRange SliceRange::of(const Attributes& attributes, const Shape& input) {
  SliceRange range{Shape(input.size(), 0), Shape(input.size(), 1), input};
  const Shape starts = attributes.integers("starts"), ends = attributes.integers("ends");
  std::vector<std::int64_t> axes(starts.size());
  std::iota(axes.begin(), axes.end(), 0);
  axes = attributes.integers("axes", axes);
  const Shape steps = attributes.integers("steps", Shape(starts.size(), 1));
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const std::size_t axis = axis_index(axes[i], input.size());
    range.starts[axis] = starts[i];
    range.steps[axis] = steps[i];
    const std::int64_t towards_zero = steps[i] > 0 ? steps[i] - 1 : steps[i] + 1;
    range.extents[axis] = std::max<std::int64_t>(0, (ends[i] - starts[i] + towards_zero) / steps[i]);
  }
  return range;
}

std::vector<std::int64_t> pad_sources(const std::string& mode, std::int64_t extent, std::int64_t begin,
                                      std::int64_t end) {
  const std::int64_t first = std::max<std::int64_t>(0, -begin);
  const std::int64_t kept = extent - first - std::max<std::int64_t>(0, -end);
  std::vector<std::int64_t> sources;
  for (std::int64_t i = std::min<std::int64_t>(0, -begin); i < kept + std::max<std::int64_t>(0, end); ++i) {
    std::int64_t at = i;  // counted from the first element that is kept
    if (mode == "edge") {
      at = std::clamp<std::int64_t>(i, 0, kept - 1);
    } else if (mode == "wrap") {
      at = (i % kept + kept) % kept;
    } else if (mode == "reflect") {
      const std::int64_t period = std::max<std::int64_t>(1, 2 * (kept - 1));
      at = (i % period + period) % period;
      at = std::min(at, period - at);
    }
    sources.push_back(at < 0 || at >= kept ? -1 : first + at);
  }
  return sources;
}

BlockShuffle BlockShuffle::of(const Attributes& attributes, const Shape& deep) {
  const std::int64_t b = attributes.integer("blocksize");
  const std::int64_t n = deep[0], c = deep[1] / (b * b), h = deep[2], w = deep[3];
  const std::int64_t plane = h * w;
  const bool is_column_major = attributes.text("mode", "DCR") == "CRD";  // the channel varies slowest
  BlockShuffle shuffle;
  shuffle.extents = {n, c, h, b, w, b};
  shuffle.deep_strides = is_column_major ? Shape{deep[1] * plane, b * b * plane, w, b * plane, 1, plane}
                                         : Shape{deep[1] * plane, plane, w, b * c * plane, 1, c * plane};
  shuffle.wide_strides = {c * b * b * plane, b * b * plane, b * b * w, b * w, b, 1};
  return shuffle;
}

Shape row_major_strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (std::size_t axis = shape.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * shape[axis];
  return strides;
}

}  // namespace thaw
