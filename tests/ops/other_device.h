#pragma once

#include <memory>
#include <string>

#include "ops/device.h"

namespace thaw {

/// A device like another one, for tests to change in one respect.
class OtherDevice : public Device {
 public:
  explicit OtherDevice(std::shared_ptr<Device> base) : base_(std::move(base)) {}

  std::string name() const override { return base_->name(); }
  std::string kernel_library() const override { return base_->kernel_library(); }
  std::string isa() const override { return base_->isa(); }
  int threads() const override { return base_->threads(); }
  Support support_of(Precision precision) const override { return base_->support_of(precision); }
  const KernelTable& kernels() const override { return base_->kernels(); }
  std::unique_ptr<DeviceMemory> allocate(std::size_t bytes) override { return base_->allocate(bytes); }
  LayoutPtr plain_layout(const TensorType& type) const override { return base_->plain_layout(type); }
  std::unique_ptr<Kernel> make_reorder(const TensorType& type, const LayoutPtr& from, const LayoutPtr& to) override {
    return base_->make_reorder(type, from, to);
  }
  void copy_in(const TensorType& type, const void* host, void* device, const LayoutPtr& layout) override {
    base_->copy_in(type, host, device, layout);
  }
  void copy_out(const TensorType& type, const void* device, const LayoutPtr& layout, void* host) override {
    base_->copy_out(type, device, layout, host);
  }
  std::optional<std::span<const float>> view(const void* device, const LayoutPtr& layout) const override {
    return base_->view(device, layout);
  }
  MachinePeaks measure_peaks() override { return base_->measure_peaks(); }
  void synchronize() override { base_->synchronize(); }

 private:
  std::shared_ptr<Device> base_;
};

/// Says of bfloat16 what it is told to.
class DeviceWithSupport : public OtherDevice {
 public:
  DeviceWithSupport(Support bfloat16, std::string isa)
      : OtherDevice(make_cpu_device(2)), bfloat16_(bfloat16), isa_(std::move(isa)) {}

  std::string isa() const override { return isa_; }
  Support support_of(Precision precision) const override {
    return precision == Precision::kBFloat16 ? bfloat16_ : OtherDevice::support_of(precision);
  }

 private:
  Support bfloat16_;
  std::string isa_;
};

}  // namespace thaw
