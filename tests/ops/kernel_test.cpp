// Kernels in f32 against the f64 reference: every operator and its gradients, every case, every device.
#include <algorithm>
#include <set>

#include "tests/ops/devices.h"
#include "tests/ops/kernel_check.h"
#include "tests/ops/layout_device.h"
#include "tests/ops/operator_test.h"

namespace thaw {
namespace {

/// Kernels of layers claim their weights' layouts; what stands for the layer before them is an ordinary input.
BuiltCase case_for_kernels(const OpCase& op_case) {
  BuiltCase built = build_case(op_case);
  static const std::set<std::string> kWeighted{"BatchNormalization",
                                               "BatchNormalizationTraining",
                                               "Conv",
                                               "ConvTranspose",
                                               "Gemm",
                                               "LayerNormalization",
                                               "PRelu"};
  const bool has_weights = kWeighted.count(op_case.op) > 0;
  for (std::size_t i = 0; i < built.ports.size(); ++i) {
    if (built.ports[i] != kNoValue && (!has_weights || i == 0))
      built.graph.value(built.ports[i]).kind = ValueKind::kInput;
  }
  return built;
}

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

}  // namespace
}  // namespace thaw
