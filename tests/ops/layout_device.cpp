#include "tests/ops/layout_device.h"

#include "ops/device/cpu/onednn.h"
#include "tests/ops/other_device.h"

namespace thaw {
namespace {

class LayoutDevice : public OtherDevice {
 public:
  LayoutDevice(PictureLayout layout, int threads) : OtherDevice(make_cpu_device(threads)), layout_(layout) {}

  LayoutPtr plain_layout(const TensorType& type) const override {
    using Tag = dnnl::memory::format_tag;
    static constexpr Tag kBlocked[] = {Tag::aBc16b, Tag::aBcd16b, Tag::aBcde16b};
    static constexpr Tag kLast[] = {Tag::acb, Tag::acdb, Tag::acdeb};
    const std::size_t rank = type.shape.size();
    if (type.dtype != DType::kFloat32 || rank < 3 || rank > 5) return OtherDevice::plain_layout(type);
    const Tag tag = (layout_ == PictureLayout::kBlocked ? kBlocked : kLast)[rank - 3];
    return cpu::layout_of({type.shape, dnnl::memory::data_type::f32, tag});
  }

 private:
  PictureLayout layout_;
};

}  // namespace

std::shared_ptr<Device> make_cpu_device_with(PictureLayout layout, int threads) {
  return std::make_shared<LayoutDevice>(layout, threads);
}

}  // namespace thaw
