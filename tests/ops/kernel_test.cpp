// Kernels in f32 against the f64 reference: every operator and its gradients, every case, every device.
#include <algorithm>

#include "tests/ops/devices.h"
#include "tests/ops/kernel_check.h"
#include "tests/ops/layout_device.h"
#include "tests/ops/operator_test.h"

namespace thaw {
namespace {

TEST_P(OperatorTest, EachKernelMatchesTheReference) {
  const BuiltCase built = case_for_kernels(GetParam());
  for (const DeviceChoice& choice : devices()) {
    SCOPED_TRACE(::testing::Message() << GetParam() << ", on " << choice);
    expect_each_kernel_close(built.graph, built.feeds, choice.open());
  }
}

TEST_P(OperatorTest, EachKernelMatchesTheReferenceInAnyLayout) {
  const BuiltCase built = case_for_kernels(GetParam());
  const auto is_picture = [](const Port& port) { return port.shape.size() >= 3; };
  if (!std::any_of(GetParam().ports.begin(), GetParam().ports.end(), is_picture)) return;
  for (const PictureLayout layout : {PictureLayout::kBlocked, PictureLayout::kChannelsLast}) {
    SCOPED_TRACE(::testing::Message() << GetParam() << ", in layout " << static_cast<int>(layout));
    expect_each_kernel_close(built.graph, built.feeds, make_cpu_device_with(layout, 3));
    expect_chain_close(built.graph, built.feeds, make_cpu_device_with(layout, 1));
  }
}

TEST_P(OperatorTest, ForwardAndBackwardTogetherMatchTheReference) {
  const BuiltCase built = case_for_kernels(GetParam());
  for (const DeviceChoice& choice : devices()) {
    SCOPED_TRACE(::testing::Message() << GetParam() << ", on " << choice);
    expect_chain_close(built.graph, built.feeds, choice.open());
  }
}

/// Every picture enters in the layout that a convolution gave it: channels in blocks, padded with zeros.
TEST_P(OperatorTest, InTheLayoutOfConvolutionsTooItMatchesTheReference) {
  std::vector<bool> is_picture;
  for (const Port& port : GetParam().ports) {
    const bool is_float = port.fill != Fill::kLabels && port.fill != Fill::kIndices;
    const bool is_weight = !is_picture.empty() && is_weighted(GetParam());
    is_picture.push_back(is_float && !is_weight && !port.is_left_out && port.shape.size() == 4 &&
                         element_count(port.shape) > 0);
  }
  if (std::count(is_picture.begin(), is_picture.end(), true) == 0) return;
  const BuiltCase built = case_for_kernels(GetParam(), is_picture);
  for (const DeviceChoice& choice : devices()) {
    SCOPED_TRACE(::testing::Message() << GetParam() << ", on " << choice);
    expect_chain_close(built.graph, built.feeds, choice.open());
  }
}

}  // namespace
}  // namespace thaw
