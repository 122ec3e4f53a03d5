#include "ops/window.h"

#include <algorithm>

namespace thaw {
namespace {

// Far above any picture, and small enough that no product of two can overflow.
constexpr std::int64_t kLargest = std::int64_t{1} << 30;

/// Throws unless the attribute is left out or has `count` numbers, each at most kLargest.
void expect_count(const InferContext& context, const char* name, std::size_t count) {
  const Attributes& attributes = context.node.attributes;
  if (!attributes.has(name)) return;
  const Shape numbers = attributes.integers(name);
  if (numbers.size() != count) {
    context.fail(name, "needs " + std::to_string(count) + " numbers, not " + std::to_string(numbers.size()));
  }
  for (const std::int64_t number : numbers) {
    if (number > kLargest) context.fail(name, "of " + std::to_string(number) + " is too large");
  }
}

}  // namespace

Window Window::of(const Attributes& attributes, std::size_t axes) {
  const Shape ones(axes, 1);
  const Shape pads = attributes.integers("pads", Shape(2 * axes, 0));
  const auto middle = pads.begin() + static_cast<std::ptrdiff_t>(axes);
  return {.kernel = attributes.integers("kernel_shape", ones),
          .strides = attributes.integers("strides", ones),
          .pads_begin = Shape(pads.begin(), middle),
          .pads_end = Shape(middle, pads.end()),
          .dilations = attributes.integers("dilations", ones),
          .rounds_up = attributes.integer("ceil_mode") != 0};
}

Window Window::checked(const InferContext& context, std::size_t axes) {
  for (const char* name : {"kernel_shape", "strides", "dilations"}) expect_count(context, name, axes);
  expect_count(context, "pads", 2 * axes);
  Window window = of(context.node.attributes, axes);
  for (std::size_t axis = 0; axis < axes; ++axis) {
    if (window.kernel[axis] < 1 || window.strides[axis] < 1) {
      context.fail("kernel_shape", "window and strides must be at least 1");
    }
    if (window.dilations[axis] < 1) context.fail("dilations", "must be at least 1");
    if (window.pads_begin[axis] < 0 || window.pads_end[axis] < 0) context.fail("pads", "must not be negative");
  }
  return window;
}

Shape Window::output_extents(const InferContext& context, const Shape& inputs) const {
  Shape extents;
  for (std::size_t axis = 0; axis < axes(); ++axis) {
    const std::int64_t rest = inputs.at(axis) + pads_begin[axis] + pads_end[axis] - covered(axis);
    if (rest < 0) {
      context.fail("kernel_shape", "a window of " + to_text(kernel) + " does not fit its input of " + to_text(inputs));
    }
    std::int64_t last = rest / strides[axis];
    if (rounds_up && rest % strides[axis] != 0 && (last + 1) * strides[axis] < inputs[axis] + pads_begin[axis]) ++last;
    extents.push_back(last + 1);
  }
  return extents;
}

Shape spatial_extents(const Shape& shape) { return Shape(shape.begin() + 2, shape.end()); }

Shape picture_shape(std::int64_t batch, std::int64_t channels, const Shape& extents) {
  Shape shape{batch, channels};
  shape.insert(shape.end(), extents.begin(), extents.end());
  return shape;
}

void expect_rank(const InferContext& context, int i, std::size_t rank, const char* meaning) {
  if (context.shape(i).size() != rank) {
    context.fail("input", std::string("needs ") + meaning + ", but its input is " + to_text(context.shape(i)));
  }
}

void expect_picture(const InferContext& context, int i) {
  const std::size_t rank = context.shape(i).size();
  expect_rank(context, i, std::clamp<std::size_t>(rank, 3, 5), "a picture (channels x height x width)");
}

}  // namespace thaw
