#include "tests/ops/layout_device.h"

#include "ops/device/cpu/onednn.h"

namespace thaw {
namespace {

class LayoutDevice : public Device {
 public:
  LayoutDevice(PictureLayout layout, int threads) : layout_(layout), cpu_(make_cpu_device(threads)) {}

  std::string name() const override { return cpu_->name(); }
  std::string kernel_library() const override { return cpu_->kernel_library(); }
  std::string isa() const override { return cpu_->isa(); }
  int threads() const override { return cpu_->threads(); }
  Support support_of(Precision precision) const override { return cpu_->support_of(precision); }
  const KernelTable& kernels() const override { return cpu_->kernels(); }
  std::unique_ptr<DeviceMemory> allocate(std::size_t bytes) override { return cpu_->allocate(bytes); }

  LayoutPtr plain_layout(const TensorType& type) const override {
    using Tag = dnnl::memory::format_tag;
    static constexpr Tag kBlocked[] = {Tag::aBc16b, Tag::aBcd16b, Tag::aBcde16b};
    static constexpr Tag kLast[] = {Tag::acb, Tag::acdb, Tag::acdeb};
    const std::size_t rank = type.shape.size();
    if (type.dtype != DType::kFloat32 || rank < 3 || rank > 5) return cpu_->plain_layout(type);
    const Tag tag = (layout_ == PictureLayout::kBlocked ? kBlocked : kLast)[rank - 3];
    return cpu::layout_of({type.shape, dnnl::memory::data_type::f32, tag});
  }
  std::unique_ptr<Kernel> make_reorder(const TensorType& type, const LayoutPtr& from, const LayoutPtr& to) override {
    return cpu_->make_reorder(type, from, to);
  }
  void copy_in(const TensorType& type, const void* host, void* device, const LayoutPtr& layout) override {
    cpu_->copy_in(type, host, device, layout);
  }
  void copy_out(const TensorType& type, const void* device, const LayoutPtr& layout, void* host) override {
    cpu_->copy_out(type, device, layout, host);
  }
  MachinePeaks measure_peaks() override { return cpu_->measure_peaks(); }
  void synchronize() override { cpu_->synchronize(); }

 private:
  PictureLayout layout_;
  std::shared_ptr<Device> cpu_;
};

}  // namespace

std::shared_ptr<Device> make_cpu_device_with(PictureLayout layout, int threads) {
  return std::make_shared<LayoutDevice>(layout, threads);
}

}  // namespace thaw
