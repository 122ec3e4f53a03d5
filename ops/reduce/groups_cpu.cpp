// CPU kernels that look at a reduction's numbers one by one, on row-major tensors.
#include "ops/reduce/groups_cpu.h"

#include "ops/device/cpu/host_kernel.h"
#include "ops/reduce/reduction.h"

namespace thaw::cpu {
namespace {

/// A row-major tensor as groups: the number k of group g is at kept[g] + reduced[k], both counted row-major.
struct Groups {
  std::vector<std::int64_t> kept{0}, reduced{0};

  Groups(const Shape& shape, const Reduction& reduction) {
    std::vector<std::int64_t> strides(shape.size(), 1);
    for (std::size_t axis = shape.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * shape[axis];
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      extend(reduction.is_reduced[axis] ? reduced : kept, shape[axis], strides[axis]);
    }
  }

 private:
  static void extend(std::vector<std::int64_t>& offsets, std::int64_t extent, std::int64_t stride) {
    std::vector<std::int64_t> longer;
    longer.reserve(offsets.size() * static_cast<std::size_t>(extent));
    for (const std::int64_t offset : offsets) {
      for (std::int64_t i = 0; i < extent; ++i) longer.push_back(offset + i * stride);
    }
    offsets = std::move(longer);
  }
};

/// The place in `reduced` of the extremum: the first of equal ones, or the last. NaN is taken as the extremum.
std::size_t find_extremum(const Groups& groups, const float* x, bool is_max, bool wants_last) {
  std::size_t best = 0;
  for (std::size_t k = 1; k < groups.reduced.size(); ++k) {
    const float value = x[groups.reduced[k]], top = x[groups.reduced[best]];
    const bool is_better = is_max ? value > top : value < top;
    if (is_better || (value != value && top == top) || (wants_last && value == top)) best = k;
  }
  return best;
}

/// Runs body(group's index, offset of its first number) for all groups.
template <typename Body>
void for_each_group(const Groups& groups, const Body& body) {
  const auto count = static_cast<std::int64_t>(groups.kept.size());
#pragma omp parallel for schedule(static) if (count * static_cast <std::int64_t>(groups.reduced.size()) > 16384)
  for (std::int64_t g = 0; g < count; ++g) body(g, groups.kept[static_cast<std::size_t>(g)]);
}

std::unique_ptr<Kernel> make_arg(BindContext& context, bool is_max) {
  const Attributes& attributes = context.node().attributes;
  const Shape& shape = context.input_type(0).shape;
  const Attributes axes{{"axes", std::vector<std::int64_t>{attributes.integer("axis")}}};
  const Groups groups(shape, Reduction::of(axes, shape.size()));
  const bool wants_last = attributes.integer("select_last_index") != 0;
  return make_host_kernel(context, [=](const Buffers& b) {
    for_each_group(groups, [&](std::int64_t g, std::int64_t at) {
      const std::size_t found = find_extremum(groups, floats(b.inputs[0]) + at, is_max, wants_last);
      static_cast<std::int32_t*>(b.outputs[0])[g] = static_cast<std::int32_t>(found);
    });
  });
}

Groups groups_of_grad(const BindContext& context) {
  const Shape& shape = context.input_type(1).shape;
  return Groups(shape, Reduction::of(context.node().attributes, shape.size()));
}

std::unique_ptr<Kernel> make_extremum_grad(BindContext& context, bool is_max) {
  const Groups groups = groups_of_grad(context);
  return make_host_kernel(context, [=](const Buffers& b) {
    for_each_group(groups, [&](std::int64_t g, std::int64_t at) {
      float* dx = mutable_floats(b.outputs[0]) + at;
      for (const std::int64_t offset : groups.reduced) dx[offset] = 0;
      const std::size_t found = find_extremum(groups, floats(b.inputs[1]) + at, is_max, false);
      dx[groups.reduced[found]] = floats(b.inputs[0])[g];
    });
  });
}

/// The product of all others is the product over the number, unless the number is 0: then it counts who else is.
std::unique_ptr<Kernel> make_product_grad(BindContext& context) {
  const Groups groups = groups_of_grad(context);
  return make_host_kernel(context, [=](const Buffers& b) {
    for_each_group(groups, [&](std::int64_t g, std::int64_t at) {
      const float* x = floats(b.inputs[1]) + at;
      float* dx = mutable_floats(b.outputs[0]) + at;
      double product = floats(b.inputs[0])[g];
      std::int64_t zeros = 0;
      for (const std::int64_t offset : groups.reduced) {
        if (x[offset] == 0) {
          ++zeros;
        } else {
          product *= x[offset];
        }
      }
      for (const std::int64_t offset : groups.reduced) {
        const bool is_zero = x[offset] == 0;
        const double others = zeros == 0 ? product / x[offset] : zeros == 1 && is_zero ? product : 0;
        dx[offset] = static_cast<float>(others);
      }
    });
  });
}

}  // namespace

void add_group_kernels(KernelTable& table) {
  table["ArgMax"] = [](BindContext& context) { return make_arg(context, true); };
  table["ArgMin"] = [](BindContext& context) { return make_arg(context, false); };
  table["ReduceMaxGrad"] = [](BindContext& context) { return make_extremum_grad(context, true); };
  table["ReduceMinGrad"] = [](BindContext& context) { return make_extremum_grad(context, false); };
  table["ReduceProdGrad"] = make_product_grad;
}

}  // namespace thaw::cpu
