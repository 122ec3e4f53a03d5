#include "ops/pool/pool_geometry.h"

#include <algorithm>

namespace thaw::cpu {
namespace {

std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace

void PoolAxis::place_windows(const Window& window, std::size_t axis, bool counts_pads) {
  const std::int64_t kernel = window.kernel[axis];
  step = window.dilations[axis];
  for (auto* list : {&first, &count, &readers}) list->clear();
  share.clear();
  reader_begin = {0};
  std::vector<std::vector<std::int64_t>> readers_of(static_cast<std::size_t>(inputs));
  for (std::int64_t out = 0; out < outputs; ++out) {
    const std::int64_t start = out * window.strides[axis] - window.pads_begin[axis];
    const std::int64_t skipped = start < 0 ? divide_up(-start, step) : 0;
    /// Elements of the window that lie before `end`.
    const auto before = [&](std::int64_t end) { return std::min(kernel, divide_up(end - start, step)); };
    first.push_back(start + skipped * step);
    count.push_back(before(inputs) - skipped);
    const std::int64_t counted = counts_pads ? before(inputs + window.pads_end[axis]) : count.back();
    share.push_back(1.0F / static_cast<float>(counted));
    for (std::int64_t k = 0; k < count.back(); ++k) {
      readers_of[static_cast<std::size_t>(first.back() + k * step)].push_back(out);
    }
  }
  for (const auto& of_input : readers_of) {
    readers.insert(readers.end(), of_input.begin(), of_input.end());
    reader_begin.push_back(static_cast<std::int64_t>(readers.size()));
  }
}

PoolGeometry::PoolGeometry(const Node& node, const dnnl::memory::desc& picture, const Shape& pooled)
    : in(channel_blocks(picture)) {
  const std::size_t missing = 5 - pooled.size();  // spatial axes that the picture lacks: extent 1
  const std::array<std::int64_t, 3> extents{in.depth, in.height, in.width};
  Window window = Window::of(node.attributes, 3 - missing);
  if (!node.attributes.has("kernel_shape")) window.kernel.assign(extents.begin() + missing, extents.end());
  const bool counts_pads = node.attributes.integer("count_include_pad") != 0;
  for (std::size_t axis = missing; axis < 3; ++axis) {
    axes[axis].inputs = extents[axis];
    axes[axis].outputs = pooled[axis - missing + 2];
    axes[axis].place_windows(window, axis - missing, counts_pads);
  }
}

bool PoolGeometry::is_2x2_of_16() const {
  if (in.block != 16 || in.depth != 1) return false;
  for (std::size_t axis = 1; axis < 3; ++axis) {
    const PoolAxis& each = axes[axis];
    for (std::int64_t out = 0; out < each.outputs; ++out) {
      const auto at = static_cast<std::size_t>(out);
      if (each.first[at] != 2 * out || each.count[at] != 2 || each.share[at] != 0.5F || each.step != 1) return false;
    }
  }
  return axes[0].share[0] == 1.0F;
}

}  // namespace thaw::cpu
