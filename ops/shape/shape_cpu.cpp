// CPU kernels of the shape family that leave elements where they are, and Gather; move_cpu.cpp has the others.
#include <cmath>
#include <cstring>
#include <limits>

#include "ops/axis.h"
#include "ops/device/cpu/host_kernel.h"
#include "ops/device/cpu/kernels.h"
#include "ops/shape/shape_kernels.h"

namespace thaw::cpu {
namespace {

/// The same bytes in another shape or by another name; nothing to do where the output took over the input.
class Reinterpret : public Kernel {
 public:
  explicit Reinterpret(std::size_t bytes) : bytes_(bytes) {}
  void attach(const Buffers& buffers) override {
    from_ = buffers.inputs[0];
    to_ = buffers.outputs[0];
  }
  void run() override {
    if (from_ != to_) std::memcpy(to_, from_, bytes_);
  }

 private:
  std::size_t bytes_;
  const void* from_ = nullptr;
  void* to_ = nullptr;
};

std::unique_ptr<Kernel> make_reinterpret(BindContext& context) {
  context.want_input(0, layout_of(plain_desc(context.input_type(0))));
  context.give_output(0, layout_of(plain_desc(context.output_type(0))));
  return std::make_unique<Reinterpret>(static_cast<std::size_t>(byte_count(context.input_type(0))));
}

std::unique_ptr<Kernel> make_identity(BindContext& context) {
  const LayoutPtr layout = input_layout_or_plain(context, 0);
  context.want_input(0, layout);
  context.give_output(0, layout);
  return std::make_unique<Reinterpret>(layout->bytes());
}

std::int32_t to_integer(float value) {
  constexpr float kTooLarge = 2147483648.0F;
  if (std::isnan(value)) return 0;
  if (value >= kTooLarge) return std::numeric_limits<std::int32_t>::max();
  if (value < -kTooLarge) return std::numeric_limits<std::int32_t>::min();
  return static_cast<std::int32_t>(value);
}

std::unique_ptr<Kernel> make_cast(BindContext& context) {
  if (context.input_type(0) == context.output_type(0)) return make_identity(context);
  const std::int64_t count = element_count(context.input_type(0).shape);
  const bool to_float = context.output_type(0).dtype == DType::kFloat32;
  return make_host_kernel(context, [=](const Buffers& b) {
    for (std::int64_t i = 0; i < count; ++i) {  // may be in place: four bytes each
      if (to_float) {
        mutable_floats(b.outputs[0])[i] = static_cast<float>(static_cast<const std::int32_t*>(b.inputs[0])[i]);
      } else {
        static_cast<std::int32_t*>(b.outputs[0])[i] = to_integer(floats(b.inputs[0])[i]);
      }
    }
  });
}

/// A tensor around a gathered axis: [outer][extent][inner]; `count` indices choose along the extent.
struct GatherGeometry {
  std::int64_t outer = 1, extent = 1, inner = 1, count = 1;

  GatherGeometry(const Attributes& attributes, const Shape& data, const Shape& indices) {
    const std::size_t axis = axis_index(attributes.integer("axis"), data.size());
    const auto at = data.begin() + static_cast<std::ptrdiff_t>(axis);
    outer = element_count(Shape(data.begin(), at));
    extent = *at;
    inner = element_count(Shape(at + 1, data.end()));
    count = element_count(indices);
  }
  /// Where the row of an index starts within its outer part; -1 if there is none.
  std::int64_t row(std::int32_t index) const {
    const std::int64_t i = index < 0 ? index + extent : index;
    return i < 0 || i >= extent ? -1 : i * inner;
  }
};

std::unique_ptr<Kernel> make_gather(BindContext& context) {
  const GatherGeometry g(context.node().attributes, context.input_type(0).shape, context.input_type(1).shape);
  const bool is_float = context.input_type(0).dtype == DType::kFloat32;
  return make_host_kernel(context, [=](const Buffers& b) {
    const auto* indices = static_cast<const std::int32_t*>(b.inputs[1]);
    const auto row_bytes = static_cast<std::size_t>(g.inner) * sizeof(float);
#pragma omp parallel for schedule(static) if (g.outer * g.count * g.inner > 16384)
    for (std::int64_t task = 0; task < g.outer * g.count; ++task) {
      const std::int64_t row = g.row(indices[task % g.count]);
      float* to = mutable_floats(b.outputs[0]) + task * g.inner;
      if (row >= 0) {
        std::memcpy(to, floats(b.inputs[0]) + task / g.count * g.extent * g.inner + row, row_bytes);
      } else if (is_float) {
        std::fill_n(to, g.inner, std::numeric_limits<float>::quiet_NaN());
      } else {
        std::memset(to, 0, row_bytes);
      }
    }
  });
}

/// Indices repeat, so the rows are added one after the other; only outer parts run side by side.
std::unique_ptr<Kernel> make_gather_grad(BindContext& context) {
  const GatherGeometry g(context.node().attributes, context.output_type(0).shape, context.input_type(1).shape);
  return make_host_kernel(context, [=](const Buffers& b) {
    const auto* indices = static_cast<const std::int32_t*>(b.inputs[1]);
#pragma omp parallel for schedule(static) if (g.outer * g.count * g.inner > 16384)
    for (std::int64_t o = 0; o < g.outer; ++o) {
      float* to = mutable_floats(b.outputs[0]) + o * g.extent * g.inner;
      const float* from = floats(b.inputs[0]) + o * g.count * g.inner;
      std::fill_n(to, g.extent * g.inner, 0.0F);
      for (std::int64_t k = 0; k < g.count; ++k, from += g.inner) {
        const std::int64_t row = g.row(indices[k]);
        for (std::int64_t i = 0; row >= 0 && i < g.inner; ++i) to[row + i] += from[i];
      }
    }
  });
}

}  // namespace

void add_shape_kernels(KernelTable& table) {
  table["Flatten"] = make_reinterpret;
  table["Reshape"] = make_reinterpret;
  table["Identity"] = make_identity;
  table["Cast"] = make_cast;
  table["Gather"] = make_gather;
  table["GatherGrad"] = make_gather_grad;
  add_move_kernels(table);
}

}  // namespace thaw::cpu
