#include "ops/axis.h"

namespace thaw {

std::size_t checked_axis(const InferContext& context, const std::string& attribute, std::int64_t axis,
                         std::size_t rank) {
  const auto axes = static_cast<std::int64_t>(rank);
  if (axis < -axes || axis >= axes) {
    context.fail(attribute, "names axis " + std::to_string(axis) + " of a tensor of rank " + std::to_string(rank));
  }
  return axis_index(axis, rank);
}

}  // namespace thaw
