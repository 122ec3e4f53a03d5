// Programs that multiply in bfloat16, against the f64 reference: every operator's cases, pictures behind a convolution,
// so that they arrive in bfloat16.
#include "ops/device/cpu/bfloat16.h"

#include <algorithm>
#include <set>

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

/// Lines of Program::text() that belong to `layer`.
std::string steps_of(const std::string& text, const std::string& layer) {
  std::string found, line;
  for (std::istringstream lines(text); std::getline(lines, line);) {
    if (line.find("  reorder ") != 0 && line.find(layer + "/") == 0) found += line + "\n";
  }
  return found;
}

TEST_P(OperatorTest, InBFloat16ItMatchesTheReference) {
  // Not continuous, or steep: an input that is off by its rounding gives another result.
  static const std::set<std::string> kSteep{"Floor", "Ceil", "Round", "Pow", "ReduceProd", "Div"};
  if (kSteep.count(GetParam().op)) return;
  std::vector<bool> behind_convolution;
  for (const Port& port : GetParam().ports)
    behind_convolution.push_back(behind_convolution.empty() && is_picture(port));
  if (std::count(behind_convolution.begin(), behind_convolution.end(), true) == 0) return;
  BuiltCase built = build_case(GetParam(), -1, behind_convolution);
  built.graph.value(built.ports[0]).kind = ValueKind::kInput;
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
