#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <set>

#include "graph/builder.h"
#include "ops/catalogue.h"
#include "ops/program.h"
#include "schemas/diagnostic.h"
#include "tests/ops/devices.h"

namespace thaw {
namespace {

using ::testing::ElementsAre;

/// A dense layer in training: Gemm forward and both its gradients, by hand.
struct SmallProgram {
  explicit SmallProgram(Precision precision = Precision::kFloat32) : builder(*graph, operators()) {
    x = builder.input("x", {DType::kFloat32, {8, 32}});
    builder.enter("dense");
    const ValueId w = builder.parameter("dense/kernel", {16, 32});
    y = builder.node("Relu", {builder.node("Gemm", {x, w}, {{"transB", std::int64_t{1}}})});
    graph->mark_output(y);
    program = std::make_unique<Program>(graph, device, std::make_shared<ParameterStore>(device),
                                        Program::Options{.precision = precision, .arena = nullptr});
  }
  std::shared_ptr<Graph> graph = std::make_shared<Graph>();
  std::shared_ptr<Device> device = make_cpu_device(1);
  Builder builder;
  ValueId x = kNoValue, y = kNoValue;
  std::unique_ptr<Program> program;
};

const StepCost& cost_of(const std::vector<StepCost>& costs, const std::string& op) {
  for (const StepCost& cost : costs) {
    if (cost.op == op) return cost;
  }
  throw std::runtime_error("no " + op);
}

TEST(StepCosts, CountOperationsAndBytes) {
  const SmallProgram small;
  const auto costs = small.program->costs();
  const StepCost& gemm = cost_of(costs, "Gemm");
  EXPECT_EQ(gemm.name, "dense/Gemm");
  EXPECT_EQ(gemm.layer, "dense");
  EXPECT_EQ(gemm.flops, 2 * 8 * 32 * 16);
  EXPECT_EQ(gemm.bytes, 4 * (8 * 32 + 16 * 32 + 8 * 16));
  EXPECT_FALSE(gemm.is_reorder);
  EXPECT_FALSE(gemm.is_bfloat16);
  EXPECT_EQ(cost_of(costs, "Relu").bytes, 4 * 2 * 8 * 16);
}

TEST(StepCosts, KnowWhatIsMultipliedInBFloat16) {
  if (!has_bfloat16()) GTEST_SKIP() << kNoBFloat16;
  const SmallProgram small(Precision::kBFloat16);
  const auto costs = small.program->costs();
  EXPECT_TRUE(cost_of(costs, "Gemm").is_bfloat16) << small.program->text();
}

TEST(MeasurePeaks, SaysThatMemoryIsShort) {
  const auto device = make_cpu_device(1);
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_AS, &before), 0);
  rlimit little = before;
  little.rlim_cur = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + (std::size_t{16} << 20);
  ASSERT_EQ(setrlimit(RLIMIT_AS, &little), 0);
  std::string said = "nothing";
  try {
    device->measure_peaks();
  } catch (const IoError& error) {
    said = error.what();
  }
  ASSERT_EQ(setrlimit(RLIMIT_AS, &before), 0);
  EXPECT_EQ(said, "memory to measure the machine's speed: mmap: Cannot allocate memory");
}

// Optimizers write what they read; a new shape for the same bytes moves nothing.
TEST(StepCosts, KnowWhatIsUpdatedAndWhatIsRenamed) {
  auto graph = std::make_shared<Graph>();
  const auto device = make_cpu_device(1);
  Builder builder(*graph, operators());
  const ValueId x = builder.input("x", {DType::kFloat32, {4, 6}});
  builder.enter("layer");
  const ValueId doubled = builder.node("Add", {x, x});
  const ValueId renamed = builder.node("Reshape", {doubled}, {{"shape", Shape{24}}});
  const ValueId w = builder.parameter("w", {24});
  const ValueId loss = builder.node("ReduceSum", {renamed}, {{"axes", Shape{0}}, {"keepdims", std::int64_t{0}}});
  const ValueId rate = builder.input("rate", {DType::kFloat32, {}}), step = builder.input("step", {DType::kInt32, {}});
  const ValueId m = builder.state("w/m", {24}), v = builder.state("w/v", {24});
  builder.enter("update", Phase::kUpdate);
  graph->mark_output(builder.node("Adam", {loss, rate, step, w, renamed, m, v},
                                  {{"beta_1", 0.9}, {"beta_2", 0.999}, {"count", std::int64_t{1}}}));
  const Program program(graph, device, std::make_shared<ParameterStore>(device), {});
  const auto costs = program.costs();
  EXPECT_EQ(cost_of(costs, "Add").bytes, 4 * 2 * 24);  // one input, though it is read twice
  EXPECT_EQ(cost_of(costs, "Reshape").bytes, 0);
  EXPECT_EQ(cost_of(costs, "Adam").bytes, 4 * ((3 * 2 + 1) * 24 + 3 + 1));
  EXPECT_EQ(cost_of(costs, "Adam").flops, 13 * 24);
  EXPECT_EQ(cost_of(costs, "Adam").phase, Phase::kUpdate);
}

TEST(StepTimes, AreNotedWhileAskedForAndChangeNothing) {
  SmallProgram small;
  const std::vector<float> x(8 * 32, 0.5F);
  const auto run = [&] {
    small.program->set_input(small.x, x.data());
    small.program->run();
    std::vector<float> y(8 * 16);
    small.program->get(small.y, y.data());
    return y;
  };
  const auto plain = run();
  StepTimes times;
  small.program->reset_phase_seconds();
  small.program->time_steps(&times);
  EXPECT_EQ(run(), plain);
  run();
  small.program->time_steps(nullptr);
  run();
  EXPECT_EQ(times.runs, 2);
  const auto costs = small.program->costs();
  ASSERT_EQ(times.sum_s.size(), costs.size());
  double sum = 0;
  for (std::size_t i = 0; i < costs.size(); ++i) {
    EXPECT_GT(times.min_s[i], 0) << costs[i].name;
    EXPECT_LE(times.min_s[i], times.mean_s(i)) << costs[i].name;
    sum += times.sum_s[i];
  }
  EXPECT_NEAR(times.all_s, sum, 1e-12);
  EXPECT_GE(small.program->phase_seconds()[0], sum);  // the timed runs count there too
}

// What only moves numbers has no operations to count. Whoever adds an operator decides which it is.
TEST(Flops, EveryOperatorThatComputesCountsThem) {
  const std::set<std::string> movers = {"BinaryCrossEntropyLoss",
                                        "Cast",
                                        "ClassWeightOf",
                                        "Concat",
                                        "Constant",
                                        "CrossEntropyLoss",
                                        "DepthToSpace",
                                        "DistributionCrossEntropyLoss",
                                        "Expand",
                                        "Flatten",
                                        "Gather",
                                        "Identity",
                                        "Pad",
                                        "PadGrad",
                                        "Reshape",
                                        "Slice",
                                        "SliceGrad",
                                        "SpaceToDepth",
                                        "Split",
                                        "Tile",
                                        "Transpose"};
  std::vector<std::string> without;
  for (const std::string& name : operators().names()) {
    if (!operators().get(name).flops) without.push_back(name);
  }
  EXPECT_THAT(without, ::testing::UnorderedElementsAreArray(movers));
}

TEST(MachinePeaks, BandwidthLiesBetweenTheMeasuredSizes) {
  MachinePeaks peaks;
  EXPECT_EQ(peaks.bytes_per_s(1000), 0);
  peaks.bandwidth = {{1 << 10, 400}, {1 << 12, 100}};
  EXPECT_EQ(peaks.bytes_per_s(1), 400);
  EXPECT_EQ(peaks.bytes_per_s(1 << 10), 400);
  EXPECT_NEAR(peaks.bytes_per_s(1 << 11), 200, 1e-9);
  EXPECT_NEAR(peaks.bytes_per_s(1 << 12), 100, 1e-9);
  EXPECT_EQ(peaks.bytes_per_s(1 << 30), 100);
  EXPECT_EQ(peaks.memory_bytes_per_s(), 100);
}

TEST(MachinePeaks, AreMeasured) {
  const MachinePeaks peaks = make_cpu_device(0)->measure_peaks();
  EXPECT_GT(peaks.flops_per_s, 1e8);
  EXPECT_GT(peaks.launch_s, 0);
  EXPECT_LT(peaks.launch_s, 0.1);
  ASSERT_EQ(peaks.bandwidth.size(), 4U);
  for (const Bandwidth& point : peaks.bandwidth) EXPECT_GT(point.bytes_per_s, 1e7) << point.working_set_bytes;
}

TEST(Roofline, TheSlowerOfArithmeticAndTrafficDecides) {
  MachinePeaks peaks;
  peaks.flops_per_s = 100;
  peaks.bfloat16_flops_per_s = 200;
  peaks.launch_s = 0.5;
  peaks.bandwidth = {{1 << 20, 10}};
  StepCost cost;
  cost.flops = 1000;
  cost.bytes = 20;
  EXPECT_DOUBLE_EQ(predict_seconds(cost, peaks), 0.5 + 10);
  cost.reach.flops = 0.5;
  EXPECT_DOUBLE_EQ(predict_seconds(cost, peaks), 0.5 + 20);
  cost.is_bfloat16 = cost.reach.multiplies_matrices = true;
  EXPECT_DOUBLE_EQ(predict_seconds(cost, peaks), 0.5 + 10);
  cost.bytes = 400;
  EXPECT_DOUBLE_EQ(predict_seconds(cost, peaks), 0.5 + 40);
}

TEST(Roofline, ShapesThatVectorsDoNotLikeReachLess) {
  const auto reach = [](std::int64_t filters, std::int64_t channels, std::int64_t kernel) {
    Graph graph;
    Builder builder(graph, operators());
    const ValueId x = builder.input("x", {DType::kFloat32, {2, channels, 16, 16}});
    builder.enter("conv");
    const ValueId w = builder.parameter("w", {filters, channels, kernel, kernel});
    builder.node("Conv", {x, w}, {});
    return reach_of(graph, graph.nodes().back()).flops;
  };
  EXPECT_GT(reach(64, 64, 3), 0.95);
  EXPECT_LE(reach(64, 64, 3), 1);
  EXPECT_LT(reach(16, 64, 3), reach(32, 64, 3));
  EXPECT_LT(reach(8, 64, 3), 0.6 * reach(16, 64, 3));  // half of each vector is idle
  EXPECT_LT(reach(16, 1, 3), reach(16, 3, 7));
}

}  // namespace
}  // namespace thaw
