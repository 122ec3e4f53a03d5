// Convolutions of shapes that Winograd's algorithm pays for: they and their gradients against the reference, and that
// the algorithm is used where oneDNN has it.
#include "ops/device/cpu/winograd.h"

#include <gtest/gtest.h>

#include "graph/builder.h"
#include "graph/passes/differentiate.h"
#include "ops/catalogue.h"
#include "ops/program_profile.h"
#include "tests/ops/devices.h"
#include "tests/ops/kernel_check.h"
#include "tests/reference/random.h"

namespace thaw {
namespace {

struct WinogradCase {
  std::string name;
  Shape picture;
  std::int64_t filters = 0;
  Shape pads = {1, 1, 1, 1};
  std::string activation = {};
  bool has_bias = true, has_added = false;  ///< added: forward alone, with what its output is added to
  bool is_used = true;
};

std::ostream& operator<<(std::ostream& out, const WinogradCase& each) { return out << each.name; }

/// A convolution and, unless something is added to it, its gradients.
struct ConvGraph {
  explicit ConvGraph(const WinogradCase& from) : builder(graph, operators()) {
    const std::int64_t channels = from.picture[1];
    builder.enter("conv");
    std::vector<ValueId> inputs{builder.parameter("x", from.picture),
                                builder.parameter("w", {from.filters, channels, 3, 3})};
    if (from.has_bias) inputs.push_back(builder.parameter("b", {from.filters}));
    Attributes attributes{{"kernel_shape", Shape{3, 3}}, {"pads", from.pads}};
    if (!from.activation.empty()) attributes.set("activation", from.activation);
    if (from.has_added) {
      inputs.push_back(builder.parameter("added", {from.picture[0], from.filters, from.picture[2], from.picture[3]}));
    }
    const ValueId y = builder.node("Conv", inputs, attributes);
    graph.mark_output(y);
    std::uint64_t seed = 0;
    for (const ValueId input : inputs) {
      feeds[input] = reference::random_values(element_count(graph.value(input).type.shape), ++seed);
    }
    if (from.has_added) return;
    const ValueId loss = builder.node("ReduceSumSquare", {y}, {{"keepdims", std::int64_t{0}}});
    for (const auto& [parameter, gradient] : differentiate(builder, loss)) graph.mark_output(gradient);
  }

  Graph graph;
  Builder builder;
  reference::Feeds feeds;
};

/// oneDNN 2.x has it for AVX-512; 3.x dropped it.
bool has_winograd() {
  const auto device = make_cpu_device(1);
  return device->kernel_library().starts_with("oneDNN 2.") && device->isa().starts_with("avx512");
}

class WinogradTest : public ::testing::TestWithParam<WinogradCase> {
 public:
  static std::string name_of(const ::testing::TestParamInfo<WinogradCase>& info) { return info.param.name; }
};

TEST_P(WinogradTest, MatchesTheReference) {
  const ConvGraph built(GetParam());
  for (const DeviceChoice& choice : devices()) {
    SCOPED_TRACE(choice);
    expect_each_kernel_close(built.graph, built.feeds, choice.open());
  }
}

TEST_P(WinogradTest, IsUsed) {
  if (!has_winograd()) GTEST_SKIP() << "this oneDNN has Winograd's algorithm for no instructions of this processor";
  const ConvGraph built(GetParam());
  for (const bool is_training : {true, false}) {
    SCOPED_TRACE(is_training);
    const auto device = make_cpu_device(2);
    const Program program(std::make_shared<Graph>(built.graph), device, std::make_shared<ParameterStore>(device),
                          {.is_training = is_training, .arena = nullptr});
    int convolutions = 0;
    for (const StepCost& cost : program.costs()) {
      if (!cost.op.starts_with("Conv")) continue;
      ++convolutions;
      EXPECT_EQ(cost.saved_arithmetic > 1, GetParam().is_used) << cost.name;
    }
    EXPECT_EQ(convolutions, GetParam().has_added ? 1 : 3);
    EXPECT_EQ(program.text().find("opaque"), std::string::npos) << program.text();  // weights as all kernels have them
  }
}

const std::vector<WinogradCase> kCases{
    {.name = "whole_tiles", .picture = {4, 64, 16, 16}, .filters = 64},
    {.name = "tiles_overhang", .picture = {3, 48, 21, 18}, .filters = 64},
    {.name = "no_pads", .picture = {4, 32, 30, 30}, .filters = 96, .pads = {0, 0, 0, 0}},
    {.name = "uneven_pads", .picture = {4, 64, 17, 17}, .filters = 64, .pads = {1, 0, 0, 1}, .is_used = false},
    {.name = "pads_at_the_beginning",
     .picture = {4, 64, 17, 17},
     .filters = 64,
     .pads = {1, 1, 0, 0},
     .is_used = false},
    {.name = "pads_at_the_end", .picture = {4, 64, 17, 17}, .filters = 64, .pads = {0, 0, 1, 1}, .is_used = false},
    {.name = "pads_of_rows", .picture = {4, 64, 20, 20}, .filters = 64, .pads = {1, 0, 1, 0}},
    {.name = "channels_fill_no_vector", .picture = {4, 40, 24, 24}, .filters = 50},
    {.name = "few_channels", .picture = {11, 16, 36, 36}, .filters = 16},
    {.name = "many_channels", .picture = {4, 128, 14, 14}, .filters = 128},
    {.name = "no_bias", .picture = {4, 64, 16, 16}, .filters = 64, .has_bias = false},
    {.name = "relu", .picture = {4, 64, 16, 16}, .filters = 64, .activation = "Relu"},
    {.name = "added", .picture = {4, 64, 16, 16}, .filters = 64, .activation = "Relu", .has_added = true},
};

INSTANTIATE_TEST_SUITE_P(Shapes, WinogradTest, ::testing::ValuesIn(kCases), WinogradTest::name_of);

TEST(Winograd, SpreadsATransposedConvolutionToo) {
  Graph graph;
  Builder builder(graph, operators());
  builder.enter("conv");
  const ValueId x = builder.parameter("x", {4, 64, 16, 16}), w = builder.parameter("w", {64, 48, 3, 3}),
                b = builder.parameter("b", {48});
  graph.mark_output(
      builder.node("ConvTranspose", {x, w, b},
                   {{"kernel_shape", Shape{3, 3}}, {"pads", Shape{1, 1, 1, 1}}, {"activation", std::string("Relu")}}));
  const reference::Feeds feeds{{x, reference::random_values(4 * 64 * 256, 1)},
                               {w, reference::random_values(64 * 48 * 9, 2)},
                               {b, reference::random_values(48, 3)}};
  for (const DeviceChoice& choice : devices()) {
    SCOPED_TRACE(choice);
    expect_each_kernel_close(graph, feeds, choice.open());
  }
  if (!has_winograd()) return;
  const auto device = make_cpu_device(2);
  const Program program(std::make_shared<Graph>(graph), device, std::make_shared<ParameterStore>(device), {});
  for (const StepCost& cost : program.costs()) EXPECT_EQ(cost.saved_arithmetic > 1, !cost.is_reorder) << cost.name;
}

TEST(Winograd, IsForF32WithoutGroups) {
  const auto saves = [](std::int64_t group, Precision precision) {
    auto graph = std::make_shared<Graph>();
    Builder builder(*graph, operators());
    builder.enter("conv");
    graph->mark_output(builder.node(
        "Conv", {builder.parameter("x", {4, 128, 16, 16}), builder.parameter("w", {128, 128 / group, 3, 3})},
        {{"kernel_shape", Shape{3, 3}}, {"pads", Shape{1, 1, 1, 1}}, {"group", group}}));
    const auto device = make_cpu_device(1);
    const Program program(graph, device, std::make_shared<ParameterStore>(device),
                          {.precision = precision, .arena = nullptr});
    bool any = false;
    for (const StepCost& cost : program.costs()) any = any || cost.saved_arithmetic > 1;
    return any;
  };
  EXPECT_EQ(saves(1, Precision::kFloat32), has_winograd());
  EXPECT_FALSE(saves(2, Precision::kFloat32));
  if (has_bfloat16()) {
    EXPECT_FALSE(saves(1, Precision::kBFloat16));
  }
}

/// Of 64 channels to 64 filters, unless it says otherwise.
double gain_of(const Window& window, const Shape& kernel, const Shape& sums = {10, 64, 56, 56}) {
  return cpu::winograd_gain(window, kernel, sums, sums);
}

Window window_of(std::int64_t kernel, std::int64_t stride, std::int64_t pad, std::int64_t dilation) {
  return {.kernel = Shape(2, kernel),
          .strides = Shape(2, stride),
          .pads_begin = Shape(2, pad),
          .pads_end = Shape(2, pad),
          .dilations = Shape(2, dilation)};
}

TEST(WinogradGain, IsThereForDenseEvenlyPadded3x3WindowsAlone) {
  EXPECT_GT(gain_of(window_of(3, 1, 1, 1), {64, 64, 3, 3}), 1.5);
  EXPECT_GT(gain_of(window_of(3, 1, 0, 1), {64, 64, 3, 3}), 1.5);
  EXPECT_EQ(gain_of(window_of(3, 2, 1, 1), {64, 64, 3, 3}), 0);
  EXPECT_EQ(gain_of(window_of(3, 1, 1, 2), {64, 64, 3, 3}), 0);
  EXPECT_EQ(gain_of(window_of(3, 1, 2, 1), {64, 64, 3, 3}), 0);
  Window uneven = window_of(3, 1, 1, 1);
  uneven.pads_end = {1, 0};
  EXPECT_EQ(gain_of(uneven, {64, 64, 3, 3}), 0);
  EXPECT_EQ(gain_of(window_of(5, 1, 1, 1), {64, 64, 5, 5}), 0);
  EXPECT_EQ(gain_of(window_of(3, 1, 1, 1), {64, 64, 3}), 0);
}

TEST(WinogradGain, NeedsFullVectorsAndManyTiles) {
  const Window window = window_of(3, 1, 1, 1);
  EXPECT_EQ(gain_of(window, {64, 3, 3, 3}), 0);
  EXPECT_EQ(gain_of(window, {512, 512, 3, 3}, {10, 512, 7, 7}), 0);
  EXPECT_GT(gain_of(window, {512, 512, 3, 3}, {32, 512, 7, 7}), 1.5);
  EXPECT_LT(gain_of(window, {16, 16, 3, 3}), gain_of(window, {64, 64, 3, 3}));
  // A gradient is larger than what was summed, where there is no padding.
  EXPECT_EQ(cpu::winograd_gain(window_of(3, 1, 0, 1), {64, 64, 3, 3}, {32, 64, 6, 6}, {32, 64, 8, 8}), 0);
}

}  // namespace
}  // namespace thaw
