// Programs that multiply in bfloat16, against the f64 reference: every operator's cases. Pictures come behind a
// convolution, so that they arrive in bfloat16; the other inputs hold what bfloat16 holds too.
#include "ops/device/cpu/bfloat16.h"

#include <algorithm>

#include "tests/ops/devices.h"
#include "tests/ops/kernel_check.h"
#include "tests/ops/operator_test.h"

namespace thaw {
namespace {

/// What bfloat16 holds exactly, so that rounding the inputs makes no difference.
reference::Feeds representable(reference::Feeds feeds) {
  for (auto& [id, values] : feeds) {
    for (double& value : values) value = cpu::to_float(cpu::to_bfloat16(static_cast<float>(value)));
  }
  return feeds;
}

bool is_picture(const Port& port) {
  const bool is_float = port.fill != Fill::kLabels && port.fill != Fill::kIndices;
  return is_float && !port.is_left_out && port.shape.size() == 4 && element_count(port.shape) > 0;
}

/// Of `op_case`, the first input if it is a picture, and those of its shape: what an operator may get from two layers.
std::vector<bool> pictures_of(const OpCase& op_case) {
  std::vector<bool> pictures;
  for (const Port& port : op_case.ports) {
    pictures.push_back(is_picture(op_case.ports[0]) && is_picture(port) && port.shape == op_case.ports[0].shape);
  }
  return pictures;
}

/// Lines of Program::text() that belong to `layer`.
std::string steps_of(const std::string& text, const std::string& layer) {
  std::string found, line;
  for (std::istringstream lines(text); std::getline(lines, line);) {
    if (line.find("  reorder ") != 0 && line.find(layer + "/") == 0) found += line + "\n";
  }
  return found;
}

TEST_P(OperatorTest, InBFloat16ItMatchesTheReference) {
  if (!has_bfloat16()) GTEST_SKIP() << kNoBFloat16;
  const std::vector<bool> pictures = pictures_of(GetParam());
  const BuiltCase built = case_for_kernels(GetParam(), pictures);
  const reference::Feeds feeds = representable(built.feeds);
  const reference::Values expected = reference::evaluate(built.graph, feeds);
  double reduction = 1;
  for (const Node& node : built.graph.nodes()) reduction = std::max(reduction, reduction_length(built.graph, node));
  for (const DeviceChoice& choice : devices()) {
    SCOPED_TRACE(::testing::Message() << GetParam() << ", on " << choice);
    ProgramRunner runner(built.graph, choice.open(), Precision::kBFloat16);
    runner.write_store(feeds);
    runner.run(feeds);
    for (const ValueId output : built.graph.outputs()) {
      EXPECT_TRUE(is_close(runner.read(output), expected.at(output), reduction, kBFloat16Unit))
          << built.graph.value(output).name << "\n"
          << runner.program().text();
    }
  }
}

/// The operators of networks stay in bfloat16: none of them is fed or read through a reorder to f32.
class StaysBFloat16Test : public ::testing::TestWithParam<OpCase> {};

TEST_P(StaysBFloat16Test, KernelReadsAndWritesBFloat16) {
  if (!has_bfloat16()) GTEST_SKIP() << kNoBFloat16;
  std::vector<bool> behind_convolution;
  for (const Port& port : GetParam().ports) behind_convolution.push_back(port.shape == GetParam().ports[0].shape);
  BuiltCase built = build_case(GetParam(), -1, behind_convolution);
  ProgramRunner runner(built.forward, make_cpu_device(1), Precision::kBFloat16);
  const std::string steps = steps_of(runner.program().text(), "case");
  const auto own = steps.find("case/" + GetParam().op + ":");
  ASSERT_NE(own, std::string::npos) << steps;
  const std::string line = steps.substr(own, steps.find('\n', own) - own);
  EXPECT_NE(line.find(GetParam().op + "[bf16:"), std::string::npos) << line;
  const auto read = line.find("<-");
  EXPECT_NE(line.find("[bf16:", read), std::string::npos) << line;
}

std::vector<OpCase> network_operators() {
  const Shape x{2, 17, 6, 8};
  const Port number{{17}};
  return {{"Relu", "x", {{x}}},
          {"Add", "x", {{x}, {x}}},
          {"MaxPool", "x", {{x}}, {{"kernel_shape", Integers{2, 2}}, {"strides", Integers{2, 2}}}},
          {"AveragePool", "x", {{x}}, {{"kernel_shape", Integers{3, 3}}}},
          {"Concat", "x", {{x}, {x}}, {{"axis", std::int64_t{1}}}},
          {"Slice", "x", {{x}}, {{"starts", Integers{1}}, {"ends", Integers{5}}, {"axes", Integers{2}}}},
          {"BatchNormalization", "x", {{x}, number, number, number, {{17}, Fill::kPositive}}},
          {"BatchNormalizationTraining", "x", {{x}, number, number}},
          {"ConvTranspose", "x", {{x}, {{17, 9, 2, 2}}}, {{"kernel_shape", Integers{2, 2}}}},
          {"Conv", "x", {{x}, {{9, 17, 3, 3}}, {{9}}}, {{"kernel_shape", Integers{3, 3}}}}};
}

INSTANTIATE_TEST_SUITE_P(Network, StaysBFloat16Test, ::testing::ValuesIn(network_operators()),
                         [](const auto& each) { return each.param.op; });

}  // namespace
}  // namespace thaw
