// CPU kernels of the resize family: axis after axis, each by a table of taps made when the kernel is bound. A picture
// whose height and width alone change is resized in the layout that it has; anything else row-major.
#include <algorithm>
#include <cstring>

#include "ops/device/cpu/host_kernel.h"
#include "ops/device/cpu/kernels.h"
#include "ops/device/cpu/onednn_compat.h"
#include "ops/device/cpu/simd.h"
#include "ops/resize/resample.h"

namespace thaw::cpu {
namespace {

/// One axis of a tensor seen as [outer][extent][inner].
struct AxisPass {
  std::int64_t outer = 1, from = 1, to = 1, inner = 1;
  std::vector<Taps> taps;  ///< by element of the result
  float outside = 0;       ///< what an element outside of the picture takes
};

THAW_SIMD_CLONES void add_scaled(const float* x, float weight, float* y, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) y[i] += weight * x[i];
}
THAW_SIMD_CLONES void copy_scaled(const float* x, float weight, float* y, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) y[i] = weight * x[i];
}

void run_pass(const AxisPass& pass, const float* x, float* y) {
#pragma omp parallel for schedule(static)
  for (std::int64_t row = 0; row < pass.outer * pass.to; ++row) {
    const Taps& taps = pass.taps[static_cast<std::size_t>(row % pass.to)];
    const float* plane = x + row / pass.to * pass.from * pass.inner;
    float* to = y + row * pass.inner;
    if (taps.sources.empty()) std::fill_n(to, pass.inner, taps.is_outside ? pass.outside : 0.0F);
    for (std::size_t k = 0; k < taps.sources.size(); ++k) {
      const float* from = plane + taps.sources[k] * pass.inner;
      (k == 0 ? copy_scaled : add_scaled)(from, taps.weights[k], to, pass.inner);
    }
  }
}

/// The same taps by source: what flows back.
std::vector<Taps> transposed(const std::vector<Taps>& taps, std::int64_t sources) {
  std::vector<Taps> result(static_cast<std::size_t>(sources));
  for (std::size_t i = 0; i < taps.size(); ++i) {
    for (std::size_t k = 0; k < taps[i].sources.size(); ++k) {
      Taps& back = result[static_cast<std::size_t>(taps[i].sources[k])];
      back.sources.push_back(static_cast<std::int64_t>(i));
      back.weights.push_back(taps[i].weights[k]);
    }
  }
  return result;
}

class ResizeKernel : public Kernel {
 public:
  explicit ResizeKernel(std::vector<AxisPass> passes) : passes_(std::move(passes)) {}

  /// Elements of the largest tensor between two passes.
  std::int64_t scratch_elements() const {
    std::int64_t most = 0;
    for (std::size_t i = 0; i + 1 < passes_.size(); ++i) {
      most = std::max(most, passes_[i].outer * passes_[i].to * passes_[i].inner);
    }
    return most;
  }
  void attach(const Buffers& buffers) override { buffers_ = buffers; }
  void run() override {
    const float* from = floats(buffers_.inputs[0]);
    for (std::size_t i = 0; i < passes_.size(); ++i) {
      // Results alternate between two halves of the scratch memory; the last one is the output.
      float* half = static_cast<float*>(buffers_.scratch) + (i % 2 ? scratch_elements() : 0);
      float* to = i + 1 == passes_.size() ? mutable_floats(buffers_.outputs[0]) : half;
      run_pass(passes_[i], from, to);
      from = to;
    }
  }

 private:
  std::vector<AxisPass> passes_;
  Buffers buffers_;
};

/// How a tensor lies, as extents from outermost to innermost, and which of them each logical axis is (-1: cannot be
/// told).
struct MemoryView {
  Shape extents;
  std::vector<int> place_of_axis;
};

std::unique_ptr<Kernel> make_resize(BindContext& context, bool is_gradient) {
  const Attributes& attributes = context.node().attributes;
  const Shape x = is_gradient ? context.output_type(0).shape : context.input_type(0).shape;
  const Shape y = is_gradient ? context.input_type(0).shape : context.output_type(0).shape;
  std::vector<std::vector<Taps>> taps;
  for (std::size_t axis = 0; axis < x.size(); ++axis) taps.push_back(resample_axis(attributes, axis, x[axis], y[axis]));

  // Padded channels must stay zero, so that a value for the outside needs row-major tensors.
  const bool crops = attributes.text("coordinate_transformation_mode") == "tf_crop_and_resize";
  const bool is_picture = x.size() == 4 && !crops && is_identity(taps[0], x[0]) && is_identity(taps[1], x[1]);
  auto layout = picture_layout(context, 0);
  if (!is_picture) layout = layout_of(plain_desc(context.input_type(0)));
  context.want_input(0, layout);
  MemoryView view{context.input_type(0).shape, {}};
  for (std::size_t axis = 0; axis < x.size(); ++axis) view.place_of_axis.push_back(static_cast<int>(axis));
  if (is_picture) {
    const ChannelBlocks blocks = channel_blocks(desc_of(layout));
    view = {{blocks.outer, blocks.height, blocks.width, blocks.block}, {-1, -1, 1, 2}};
    context.give_output(0, layout_of(reshaped_like(desc_of(layout), context.output_type(0).shape)));
  } else {
    context.give_output(0, layout_of(plain_desc(context.output_type(0))));
  }

  std::vector<AxisPass> passes;
  for (std::size_t axis = 0; axis < x.size(); ++axis) {
    const int place = view.place_of_axis[axis];
    if (place < 0 || is_identity(taps[axis], x[axis])) continue;
    AxisPass pass;
    for (int i = 0; i < place; ++i) pass.outer *= view.extents[static_cast<std::size_t>(i)];
    for (std::size_t i = static_cast<std::size_t>(place) + 1; i < view.extents.size(); ++i)
      pass.inner *= view.extents[i];
    pass.from = is_gradient ? y[axis] : x[axis];
    pass.to = is_gradient ? x[axis] : y[axis];
    pass.taps = is_gradient ? transposed(taps[axis], x[axis]) : taps[axis];
    pass.outside = static_cast<float>(attributes.real("extrapolation_value"));
    view.extents[static_cast<std::size_t>(place)] = pass.to;
    passes.push_back(std::move(pass));
  }
  if (passes.empty()) {  // nothing changes: one pass that copies
    AxisPass copy;
    copy.inner = element_count(view.extents);
    copy.taps = {{{0}, {1.0F}, false}};
    passes.push_back(std::move(copy));
  }
  auto kernel = std::make_unique<ResizeKernel>(std::move(passes));
  context.want_scratch(2 * static_cast<std::size_t>(kernel->scratch_elements()) * sizeof(float));
  return kernel;
}

}  // namespace

void add_resize_kernels(KernelTable& table) {
  table["Resize"] = [](BindContext& context) { return make_resize(context, false); };
  table["ResizeGrad"] = [](BindContext& context) { return make_resize(context, true); };
}

}  // namespace thaw::cpu
