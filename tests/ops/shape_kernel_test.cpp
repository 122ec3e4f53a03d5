// What the case tables do not say of the shape family's kernels: numbers beyond every range, and the layouts they keep.
#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <sstream>

#include "graph/builder.h"
#include "graph/passes/differentiate.h"
#include "ops/catalogue.h"
#include "tests/ops/devices.h"
#include "tests/ops/kernel_check.h"
#include "tests/ops/operator_test.h"

namespace thaw {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsNan;
using ::testing::Not;

/// One node of inputs x0, x1, ... on the CPU; returns its output.
class ShapeKernelTest : public ::testing::Test {
 protected:
  std::vector<double> run(const std::string& op, const std::vector<TensorType>& types, const reference::Feeds& feeds,
                          Attributes attributes) {
    Graph graph;
    Builder builder(graph, operators());
    std::vector<ValueId> inputs;
    for (const TensorType& type : types) inputs.push_back(builder.input("x" + std::to_string(inputs.size()), type));
    const ValueId y = builder.node(op, inputs, std::move(attributes));
    graph.mark_output(y);
    ProgramRunner runner(graph, make_cpu_device(1));
    runner.run(feeds);
    return runner.read(y).values;
  }
};

TEST_F(ShapeKernelTest, GatherCountsNegativeIndicesFromTheEndAndReadsNothingBeyondIt) {
  const std::vector<double> data{1, 2, 3};
  const reference::Feeds feeds{{0, data}, {1, {-1, -3, 2, 3, -4, 2147483647}}};
  EXPECT_THAT(run("Gather", {{DType::kFloat32, {3}}, {DType::kInt32, {6}}}, feeds, {}),
              ElementsAre(3, 1, 3, IsNan(), IsNan(), IsNan()));
  EXPECT_THAT(run("Gather", {{DType::kInt32, {3}}, {DType::kInt32, {6}}}, feeds, {}), ElementsAre(3, 1, 3, 0, 0, 0));
  EXPECT_THAT(run("GatherGrad", {{DType::kFloat32, {6}}, {DType::kInt32, {6}}},
                  {{0, {1, 2, 4, 8, 16, 32}}, {1, feeds.at(1)}}, {{"input_shape", Integers{3}}}),
              ElementsAre(2, 0, 5));
}

TEST_F(ShapeKernelTest, CastKeepsWithinIntegers) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_THAT(run("Cast", {{DType::kFloat32, {8}}}, {{0, {-1.75, 1.75, -0.5, 3e9, -3e9, kInfinity, -kInfinity, NAN}}},
                  {{"to", "i32"}}),
              ElementsAre(-1, 1, 0, 2147483647, -2147483648.0, 2147483647, -2147483648.0, 0));
}

/// Two convolutions whose outputs an operator joins or cuts, and one that reads what it gives, with their gradients.
struct Joined {
  Joined(std::int64_t first, std::int64_t second) : builder(graph, operators()) {
    const auto conv = [&](ValueId x, std::int64_t from, std::int64_t to) {
      const ValueId kernel = builder.parameter("kernel" + std::to_string(kernels++), {to, from, 3, 3});
      return builder.node("Conv", {x, kernel}, {{"kernel_shape", Integers{3, 3}}, {"pads", Integers{1, 1, 1, 1}}});
    };
    const ValueId x = builder.input("x", {DType::kFloat32, {2, 16, 8, 8}});
    const ValueId joined =
        builder.node("Concat", {conv(x, 16, first), conv(x, 16, second)}, {{"axis", std::int64_t{1}}});
    const ValueId y = builder.node("Flatten", {conv(joined, first + second, 32)});
    const ValueId target = builder.input("target", {DType::kFloat32, {2, 32 * 64}});
    const ValueId rows = builder.node("MeanSquaredErrorLoss", {y, target});
    const ValueId weights = builder.input("weights", {DType::kFloat32, {2}});
    const ValueId loss = builder.node("WeightedMean", {rows, weights}, {{"scale", 1.0}});
    for (const auto& [parameter, gradient] : differentiate(builder, loss)) graph.mark_output(gradient);
  }

  Graph graph;
  Builder builder;
  int kernels = 0;
};

TEST_F(ShapeKernelTest, ConcatAndItsGradientStayInBlocksOfChannels) {
  for (const auto& [first, second] : {std::pair{32, 64}, {48, 3}, {3, 29}}) {
    const Joined joined(first, second);
    ProgramRunner runner(joined.graph, make_cpu_device(1));
    std::istringstream lines(runner.program().text());
    int found = 0;
    for (std::string line; std::getline(lines, line);) {
      const bool is_move = line.rfind("/Concat: ", 0) == 0 || line.rfind("/Split: ", 0) == 0;
      if (!is_move) continue;
      ++found;
      EXPECT_THAT(line, HasSubstr("aBcd")) << first << " and " << second;
      EXPECT_THAT(line, Not(HasSubstr("[abcd]"))) << first << " and " << second;
    }
    EXPECT_EQ(found, 2) << runner.program().text();
  }
}

}  // namespace
}  // namespace thaw
