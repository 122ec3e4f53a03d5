#include "ops/window.h"

namespace thaw {

Window Window::of(const Attributes& attributes) {
  Window window;
  const auto kernel = attributes.integers("kernel_shape", {1, 1});
  const auto strides = attributes.integers("strides", {1, 1});
  const auto pads = attributes.integers("pads", {0, 0, 0, 0});
  const auto dilations = attributes.integers("dilations", {1, 1});
  for (std::size_t axis = 0; axis < 2; ++axis) {
    window.kernel[axis] = kernel.at(axis);
    window.strides[axis] = strides.at(axis);
    window.pads_begin[axis] = pads.at(axis);
    window.pads_end[axis] = pads.at(axis + 2);
    window.dilations[axis] = dilations.at(axis);
  }
  return window;
}

Shape Window::output_extents(const InferContext& context, std::int64_t height, std::int64_t width) const {
  const std::int64_t inputs[2] = {height, width};
  Shape extents;
  for (int axis = 0; axis < 2; ++axis) {
    if (kernel[axis] < 1 || strides[axis] < 1) context.fail("kernel_shape", "window and strides must be at least 1");
    if (dilations[axis] < 1) context.fail("dilations", "must be at least 1");
    if (pads_begin[axis] < 0 || pads_end[axis] < 0) context.fail("pads", "must not be negative");
    const std::int64_t covered = (kernel[axis] - 1) * dilations[axis] + 1;
    const std::int64_t padded = inputs[axis] + pads_begin[axis] + pads_end[axis];
    if (covered > padded) {
      context.fail("kernel_shape", "a window of " + std::to_string(kernel[0]) + "x" + std::to_string(kernel[1]) +
                                       " does not fit its input of " + std::to_string(height) + "x" +
                                       std::to_string(width));
    }
    extents.push_back((padded - covered) / strides[axis] + 1);
  }
  return extents;
}

void expect_rank(const InferContext& context, int i, std::size_t rank, const char* meaning) {
  if (context.shape(i).size() != rank) {
    context.fail("input", std::string("needs ") + meaning + ", but its input is " + to_text(context.shape(i)));
  }
}

}  // namespace thaw
