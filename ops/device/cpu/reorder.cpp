#include "ops/device/cpu/reorder.h"

#include "ops/device/cpu/onednn_compat.h"
#include "ops/device/cpu/onednn_compat_int8.h"

namespace thaw::cpu {
namespace {

using dnnl::memory;

memory::desc row_major(const memory::desc& like, const memory::desc& extents) {
  return with_data_type(plain_desc(dims_of(extents)), data_type_of(like));
}

/// Two reorders one after the other, through row-major values, over memory of its own: some pairs of layouts oneDNN
/// does not reorder at once (a blocked f32 kernel to a quantized one, a 4-D kernel to a 2-D one).
class ThroughValues : public Kernel {
 public:
  ThroughValues(std::unique_ptr<Kernel> first, std::unique_ptr<Kernel> second, std::size_t bytes)
      : first_(std::move(first)), second_(std::move(second)), between_(bytes) {}
  void attach(const Buffers& buffers) override {
    first_->attach({buffers.inputs, {between_.data()}, nullptr});
    second_->attach({{between_.data()}, buffers.outputs, nullptr});
  }
  void run() override {
    first_->run();
    second_->run();
  }

 private:
  std::unique_ptr<Kernel> first_, second_;
  std::vector<char> between_;
};

}  // namespace

std::unique_ptr<Kernel> make_reorder_kernel(const LayoutPtr& from, const LayoutPtr& to) {
  auto source = desc_of(from), target = desc_of(to);
  if (dims_of(source) != dims_of(target)) {
    if (source == row_major(source, source)) {
      source = row_major(source, target);
    } else if (target == row_major(target, target)) {
      target = row_major(target, source);
    } else {  // a dense layer's weights, where one program reads a picture and the other its values in a row
      const auto values = layout_of(row_major(source, source));
      return std::make_unique<ThroughValues>(make_reorder_kernel(from, values), make_reorder_kernel(values, to),
                                             values->bytes());
    }
  }
  try {
    const auto reorder = reorder_between(source, steps_of(from), target, steps_of(to));
    std::vector<PrimitiveArgument> inputs{{DNNL_ARG_FROM, 0, source}};
    for (auto& scale : scale_arguments(steps_of(from), steps_of(to))) inputs.push_back(std::move(scale));
    return make_primitive_kernel(dnnl::reorder(reorder), memory::desc(), inputs, {{DNNL_ARG_TO, 0, target}});
  } catch (const dnnl::error&) {
    const auto values = layout_of(plain_desc(dims_of(target)));
    if (values->equals(*to) || values->equals(*from)) throw;
    return std::make_unique<ThroughValues>(make_reorder_kernel(from, values), make_reorder_kernel(values, to),
                                           values->bytes());
  }
}

}  // namespace thaw::cpu
