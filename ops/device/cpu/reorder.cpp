#include "ops/device/cpu/reorder.h"

#include "ops/device/cpu/onednn_compat.h"
#include "ops/device/cpu/onednn_compat_int8.h"
#include "schemas/diagnostic.h"

namespace thaw::cpu {
namespace {

using dnnl::memory;

memory::desc row_major(const memory::desc& like, const memory::desc& extents) {
  return with_data_type(plain_desc(dims_of(extents)), data_type_of(like));
}

/// Two reorders one after the other, through row-major values: some pairs of layouts oneDNN does not reorder at once
/// (a blocked f32 kernel to a quantized one). They are weights, which are reordered once: the memory between is given
/// back.
class ThroughValues : public Kernel {
 public:
  ThroughValues(std::unique_ptr<Kernel> first, std::unique_ptr<Kernel> second, std::size_t bytes)
      : first_(std::move(first)), second_(std::move(second)), bytes_(bytes) {}
  void attach(const Buffers& buffers) override { buffers_ = buffers; }
  void run() override {
    std::vector<char> between(bytes_);
    first_->attach({buffers_.inputs, {between.data()}, nullptr});
    first_->run();
    second_->attach({{between.data()}, buffers_.outputs, nullptr});
    second_->run();
    stream().wait();
  }

 private:
  std::unique_ptr<Kernel> first_, second_;
  std::size_t bytes_;
  Buffers buffers_;
};

}  // namespace

std::unique_ptr<Kernel> make_reorder_kernel(const LayoutPtr& from, const LayoutPtr& to) {
  auto source = desc_of(from), target = desc_of(to);
  if (dims_of(source) != dims_of(target)) {
    if (source == row_major(source, source)) {
      source = row_major(source, target);
    } else if (target == row_major(target, target)) {
      target = row_major(target, source);
    } else {
      throw InternalError("cannot reorder between extents");
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
