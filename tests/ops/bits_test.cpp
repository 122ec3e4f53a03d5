// What must be the same bits: whatever the number of threads, whatever the layout, and softmax of rows over the years.
#include <Random123/philox.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "graph/builder.h"
#include "ops/catalogue.h"
#include "tests/ops/kernel_check.h"
#include "tests/ops/layout_device.h"
#include "tests/ops/operator_test.h"
#include "tests/reference/random.h"

namespace thaw {
namespace {

/// The output of one node of inputs filled at random; integers count up to 5.
std::vector<double> run(const OpCase& op_case, const std::shared_ptr<Device>& device) {
  Graph graph;
  Builder builder(graph, operators());
  builder.enter("layer");
  std::vector<ValueId> inputs;
  reference::Feeds feeds;
  for (const Port& port : op_case.ports) {
    const bool is_integer = port.fill == Fill::kIndices;
    inputs.push_back(
        builder.input("x" + std::to_string(inputs.size()), {is_integer ? DType::kInt32 : DType::kFloat32, port.shape}));
    const std::int64_t count = element_count(port.shape);
    feeds[inputs.back()] =
        is_integer ? reference::random_labels(count, 3, 5) : reference::random_values(count, 4, -3, 3);
  }
  const ValueId y = builder.nodes(op_case.op, inputs, op_case.attributes).front();
  graph.mark_output(y);
  ProgramRunner runner(graph, device);
  runner.run(feeds);
  return runner.read(y).values;
}

class BitsTest : public ::testing::TestWithParam<OpCase> {};

TEST_P(BitsTest, DoNotDependOnTheThreads) {
  const std::vector<double> one = run(GetParam(), make_cpu_device(1));
  for (const int threads : {2, 3, 5}) EXPECT_EQ(run(GetParam(), make_cpu_device(threads)), one) << threads;
}

INSTANTIATE_TEST_SUITE_P(
    Threads, BitsTest,
    ::testing::Values(OpCase{"ReduceSum", "all", {{{2, 17, 61, 67}}}},
                      OpCase{"ReduceSum", "bias", {{{3, 17, 40, 41}}}, {{"axes", Integers{0, 2, 3}}}},
                      OpCase{"ReduceMean", "pixels", {{{2, 3, 150, 150}}}, {{"axes", Integers{2, 3}}}},
                      OpCase{"ReduceLogSumExp", "columns", {{{700, 300}}}, {{"axes", Integers{0}}}},
                      OpCase{"Gelu", "odd", {{{3, 20001}}}},
                      OpCase{"Dropout", "odd", {{{3, 20001}}, {{}, Fill::kIndices}}},
                      OpCase{"Softmax", "pixels", {{{2, 21, 50, 51}}}, {{"axis", std::int64_t{1}}}},
                      OpCase{"SoftmaxCrossEntropyLoss", "pixels", {{{2, 21, 50, 51}}, {{2, 50, 51}, Fill::kIndices}}}),
    [](const auto& each) { return each.param.op + "_" + each.param.name; });

TEST(Bits, OfDropoutDoNotDependOnTheLayout) {
  const OpCase dropout{"Dropout", "", {{{3, 33, 13, 11}}, {{}, Fill::kIndices}}, {{"ratio", 0.3}}};
  const std::vector<double> expected = run(dropout, make_cpu_device(1));
  for (const PictureLayout layout : {PictureLayout::kBlocked, PictureLayout::kChannelsLast}) {
    EXPECT_EQ(run(dropout, make_cpu_device_with(layout, 3)), expected);
  }
  const auto dropped = std::count(expected.begin(), expected.end(), 0.0);
  EXPECT_NEAR(static_cast<double>(dropped) / static_cast<double>(expected.size()), 0.3, 0.02);
}

TEST(Bits, OfDropoutAreThoseOfTheLibraryRandom123) {
  const std::int64_t seed = 0x123456789ABCDEF;
  const OpCase dropout{"Dropout", "", {{{1001}}, {{}, Fill::kIndices}}, {{"seed", seed}}};
  const std::vector<double> found = run(dropout, make_cpu_device(1));
  const auto step = static_cast<std::uint32_t>(reference::random_labels(1, 3, 5)[0]);
  for (std::uint32_t i = 0; i < 1001; ++i) {
    const auto draws = r123::Philox4x32()({{i / 4, 0, step, 0}}, {{0x89ABCDEFU, 0x01234567U}});
    EXPECT_EQ(found[i] == 0, draws[i % 4] < 0x80000000U) << i;
  }
}

TEST(Bits, OfSoftmaxOfRowsAreThoseOfThePlainLoop) {
  const std::int64_t rows = 7, classes = 100;
  const std::vector<double> x = reference::random_values(rows * classes, 4, -3, 3);
  const std::vector<double> found = run({"Softmax", "", {{{rows, classes}}}}, make_cpu_device(3));
  for (std::int64_t n = 0; n < rows; ++n) {
    std::vector<float> row(x.begin() + n * classes, x.begin() + (n + 1) * classes);
    const float top = *std::max_element(row.begin(), row.end());
    float sum = 0;
    for (float& value : row) sum += value = std::exp(value - top);
    for (std::size_t c = 0; c < row.size(); ++c) {
      EXPECT_EQ(found[static_cast<std::size_t>(n * classes) + c], static_cast<double>(row[c] / sum));
    }
  }
}

TEST(LogSoftmax, KeepsItsDigitsBesideLargeNumbers) {
  for (const std::int64_t axis : {0, 1}) {
    Graph graph;
    Builder builder(graph, operators());
    const ValueId x = builder.input("x", {DType::kFloat32, axis == 1 ? Shape{1, 4} : Shape{4, 1, 1}});
    const ValueId y = builder.node("LogSoftmax", {x}, {{"axis", axis}});
    // The same along a line whose values lie apart.
    const ValueId pairs = builder.input("pairs", {DType::kFloat32, {4, 2}});
    const ValueId apart = builder.node("LogSoftmax", {pairs}, {{"axis", std::int64_t{0}}});
    graph.mark_output(y);
    graph.mark_output(apart);
    ProgramRunner runner(graph, make_cpu_device(1));
    runner.run({{x, {10000, 10001, 10002, 10003}}, {pairs, {0, 10000, 1, 10001, 2, 10002, 3, 10003}}});
    const double first = -3.4401896985611953;  // -ln(1 + e + e^2 + e^3)
    for (std::size_t i = 0; i < 4; ++i) {
      const double expected = first + static_cast<double>(i);
      EXPECT_NEAR(runner.read(y).values[i], expected, 4e-7);
      EXPECT_NEAR(runner.read(apart).values[2 * i], expected, 4e-7);
      EXPECT_NEAR(runner.read(apart).values[2 * i + 1], expected, 4e-7);
    }
  }
}

}  // namespace
}  // namespace thaw
