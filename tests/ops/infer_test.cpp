// What shape inference says of a layer that does not fit: full text, one case a message. And what it costs to run.
#include <gmock/gmock.h>

#include "graph/builder.h"
#include "ops/catalogue.h"
#include "ops/update/update.h"
#include "schemas/diagnostic.h"
#include "tests/graph/message_of.h"
#include "tests/ops/refusal.h"

namespace thaw {
namespace {

Attributes window(Integers kernel, const std::string& name = "", Integers value = {}) {
  Attributes attributes{{"kernel_shape", std::move(kernel)}};
  if (!name.empty()) attributes.set(name, std::move(value));
  return attributes;
}

const Attributes kTransposed{{"transB", std::int64_t{1}}};
const std::vector<Port> kConv{{{2, 3, 5, 6}}, {{4, 3, 3, 3}}, {{4}}};

const std::vector<Refusal> kRefusals{
    {"WindowTooLarge",
     {"Conv", "", {{{2, 3, 2, 6}}, {{4, 3, 3, 3}}}, window({3, 3})},
     "layer layer_1 (kernel_shape): a window of 3x3 does not fit its input of 2x6"},
    {"DilatedWindowTooLarge",
     {"Conv", "", kConv, window({3, 3}, "dilations", {3, 1})},
     "layer layer_1 (kernel_shape): a window of 3x3 does not fit its input of 5x6"},
    {"PoolTooLarge",
     {"MaxPool", "", {{{1, 1, 5, 1}}}, window({2, 2})},
     "layer layer_1 (kernel_shape): a window of 2x2 does not fit its input of 5x1"},
    {"NoWindow",
     {"AveragePool", "", {{{1, 1, 5, 5}}}, window({1, 1}, "strides", {0, 1})},
     "layer layer_1 (kernel_shape): window and strides must be at least 1"},
    {"NoDilation",
     {"Conv", "", kConv, window({3, 3}, "dilations", {1, 0})},
     "layer layer_1 (dilations): must be at least 1"},
    {"NegativePads",
     {"Conv", "", kConv, window({3, 3}, "pads", {0, -1, 0, 0})},
     "layer layer_1 (pads): must not be negative"},
    {"WindowOfPadding",
     {"AveragePool", "", {{{1, 1, 5, 5}}}, window({2, 2}, "pads", {0, 0, 2, 0})},
     "layer layer_1 (pads): leave a window that has nothing of its input"},
    {"WindowOfGaps",
     {"MaxPool",
      "",
      {{{1, 1, 5, 1}}},
      {{"kernel_shape", Integers{1, 2}}, {"dilations", Integers{1, 2}}, {"pads", Integers{0, 1, 0, 1}}}},
     "layer layer_1 (pads): leave a window that has nothing of its input"},
    {"PoolWithoutWindow", {"MaxPool", "", {{{1, 1, 5, 5}}}}, "layer layer_1 (kernel_shape): is missing"},
    {"PoolInColumnOrder",
     {"MaxPool", "", {{{1, 1, 5, 5}}}, {{"kernel_shape", Integers{2, 2}}, {"storage_order", std::int64_t{1}}}},
     "layer layer_1 (storage_order): must be 0"},
    {"StridesOfAnotherRank",
     {"Conv", "", kConv, window({3, 3}, "strides", {1})},
     "layer layer_1 (strides): needs 2 numbers, not 1"},
    {"WindowOfAnotherRank",
     {"AveragePool", "", {{{1, 1, 5, 5, 5}}}, window({2, 2})},
     "layer layer_1 (kernel_shape): needs 3 numbers, not 2"},
    {"PadsOfAnotherRank",
     {"AveragePool", "", {{{1, 1, 5}}}, window({2}, "pads", {1, 1, 1, 1})},
     "layer layer_1 (pads): needs 2 numbers, not 4"},
    {"DilationTooLarge",
     {"Conv", "", kConv, window({3, 3}, "dilations", {1, std::int64_t{1} << 31})},
     "layer layer_1 (dilations): of 2147483648 is too large"},
    {"KernelShapeOfAnother",
     {"Conv", "", kConv, window({3, 2})},
     "layer layer_1 (kernel_shape): is 3x2, the kernel 3x3"},
    {"ConvOfRows",
     {"Conv", "", {{{2, 12}}, {{4, 3, 3, 3}}}, window({3, 3})},
     "layer layer_1 (input): needs a picture (channels x height x width), but its input is 2x12"},
    {"PoolOfRows",
     {"AveragePool", "", {{{2, 12}}}, window({2, 2})},
     "layer layer_1 (input): needs a picture (channels x height x width), but its input is 2x12"},
    {"KernelOfRank2",
     {"Conv", "", {{{2, 3, 5, 6}}, {{4, 27}}}, window({3, 3})},
     "layer layer_1 (input): needs a 4-D kernel, but its input is 4x27"},
    {"ConvChannels",
     {"Conv", "", {{{2, 1, 5, 6}}, {{4, 3, 3, 3}}}, window({3, 3})},
     "layer layer_1 (input): has 1 channels, the kernel 3"},
    {"ConvBias",
     {"Conv", "", {{{2, 3, 5, 6}}, {{4, 3, 3, 3}}, {{3}}}, window({3, 3})},
     "layer layer_1 (input): bias must have one value a filter"},
    {"ConvOfFiveAxes",
     {"Conv", "", {{{2, 3, 5, 6, 7, 8}}, {{4, 3, 3, 3}}}, window({3, 3})},
     "layer layer_1 (input): needs a picture (channels x height x width), but its input is 2x3x5x6x7x8"},
    {"LineWithKernelOfPictures",
     {"Conv", "", {{{2, 3, 5}}, {{4, 3, 3, 3}}}, window({3, 3})},
     "layer layer_1 (input): needs a 3-D kernel, but its input is 4x3x3x3"},
    {"NoGroup", {"Conv", "", kConv, {{"group", std::int64_t{0}}}}, "layer layer_1 (group): must be at least 1"},
    {"GroupsDoNotDivideFilters",
     {"Conv", "", kConv, {{"group", std::int64_t{3}}}},
     "layer layer_1 (group): of 3 does not divide the kernel's 4"},
    {"GroupsOfOtherChannels",
     {"Conv", "", kConv, {{"group", std::int64_t{2}}}},
     "layer layer_1 (input): has 3 channels, the kernel 3 in each of 2 groups"},
    {"TransposeChannels",
     {"ConvTranspose", "", {{{2, 3, 5, 6}}, {{4, 3, 3, 3}}}},
     "layer layer_1 (input): has 3 channels, the kernel 4"},
    {"TransposeBias",
     {"ConvTranspose", "", {{{2, 4, 5, 6}}, {{4, 3, 3, 3}}, {{4}}}},
     "layer layer_1 (input): bias must have one value a filter"},
    {"TransposeGroups",
     {"ConvTranspose", "", {{{2, 4, 5, 6}}, {{4, 3, 3, 3}}}, {{"group", std::int64_t{3}}}},
     "layer layer_1 (group): of 3 does not divide the kernel's 4"},
    {"OutputPaddingOfAnotherRank",
     {"ConvTranspose", "", {{{2, 4, 5, 6}}, {{4, 3, 3, 3}}}, {{"output_padding", Integers{0}}}},
     "layer layer_1 (output_padding): needs 2 numbers, not 1"},
    {"OutputPaddingTooLarge",
     {"ConvTranspose", "", {{{2, 4, 5, 6}}, {{4, 3, 3, 3}}}, {{"output_padding", Integers{0, 1}}}},
     "layer layer_1 (output_padding): must be at least 0 and smaller than the strides"},
    {"PadsTakeAll",
     {"ConvTranspose", "", {{{2, 4, 1, 6}}, {{4, 3, 3, 3}}}, {{"pads", Integers{2, 0, 1, 0}}}},
     "layer layer_1 (pads): leave nothing of the output"},
    {"GlobalPoolOfRows",
     {"GlobalAveragePool", "", {{{2, 12}}}},
     "layer layer_1 (input): needs a picture (channels x height x width), but its input is 2x12"},
    {"DenseOfPictures",
     {"Gemm", "", {{{2, 3, 2, 2}}, {{4, 12}}}, kTransposed},
     "layer layer_1 (input): needs one row of values a sample (put a flatten layer before it), but its input is "
     "2x3x2x2"},
    {"DenseLength",
     {"Gemm", "", {{{2, 10}}, {{4, 12}}}, kTransposed},
     "layer layer_1 (input): has 10 values a sample, the kernel 12"},
    {"DenseBias",
     {"Gemm", "", {{{2, 12}}, {{4, 12}}, {{12}}}, kTransposed},
     "layer layer_1 (input): bias must have one value a unit"},
    {"DenseKernelOfRank1",
     {"Gemm", "", {{{2, 12}}, {{12}}}, kTransposed},
     "layer layer_1 (input): needs a 2-D kernel, but its input is 12"},
    {"DenseNotTransposed", {"Gemm", "", {{{2, 12}}, {{12, 4}}}}, "layer layer_1 (transB): must be 1"},
    {"AddUnequal",
     {"Add", "", {{{2, 3}}, {{3, 2}}}},
     "layer layer_1 (input): has inputs of shapes 2x3 and 3x2, which do not broadcast"},
    {"ClassLossOfPictures",
     {"CrossEntropyLoss", "", {{{2, 3, 4, 5}}, {{2}, Fill::kLabels}}},
     "layer layer_1 (input): needs one value a class, but its input is 2x3x4x5"},
    {"LabelsOfAnotherBatch",
     {"SoftmaxCrossEntropyLoss", "", {{{2, 3}}, {{3}, Fill::kLabels}}},
     "layer layer_1 (input): labels must be one integer a sample"},
    {"LabelsNotIntegers",
     {"SoftmaxCrossEntropyLoss", "", {{{2, 3}}, {{2}}}},
     "layer layer_1 (input): labels must be one integer a sample"},
    {"TargetOfAnotherShape",
     {"MeanSquaredErrorLoss", "", {{{2, 3}}, {{2, 4}}}},
     "layer layer_1 (input): gives 2x3, its target is 2x4"},
    {"SharesOfAnotherShape",
     {"SoftmaxDistributionCrossEntropyLoss", "", {{{2, 3}}, {{2, 4}}}},
     "layer layer_1 (input): gives 2x3, its target is 2x4"},
    {"SharesOfPictures",
     {"SoftmaxDistributionCrossEntropyLoss", "", {{{2, 3, 4}}, {{2, 3, 4}}}},
     "layer layer_1 (input): needs one value a class, but its input is 2x3x4"},
    {"PairLossOfVectors",
     {"HuberLoss", "", {{{2}}, {{2}}}},
     "layer layer_1 (input): needs one row of values a sample, but its input is 2"},
    {"MeanOfRows",
     {"WeightedMean", "", {{{2, 3}}, {{2, 3}}}},
     "layer layer_1 (input): needs one loss a sample, but its input is 2x3"},
    {"MeanWeights", {"WeightedMean", "", {{{2}}, {{3}}}}, "layer layer_1 (input): needs one weight a sample"},
};

TEST_P(RefusalTest, SaysWhatIsWrong) {
  Graph graph;
  const Node node = node_of(GetParam().node, graph);
  const auto infer = [&] { operators().get(node.op).infer(InferContext{graph, node}); };
  EXPECT_EQ(message_of<GraphError>(infer), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(Infer, RefusalTest, ::testing::ValuesIn(kRefusals),
                         [](const auto& each) { return each.param.name; });

TEST(InferUpdate, RefusesWhatDoesNotFitTogether) {
  Graph graph;
  const ValueId scalar = graph.add_value({"s", {DType::kFloat32, {}}, ValueKind::kInput, -1, false});
  const ValueId w = graph.add_value({"w", {DType::kFloat32, {3}}, ValueKind::kParameter, -1, true});
  const ValueId g = graph.add_value({"g", {DType::kFloat32, {4}}, ValueKind::kInput, -1, false});
  const auto message = [&](const std::string& op, std::vector<ValueId> inputs, const Attributes& more = {}) {
    Attributes attributes = more;
    attributes.set("count", std::int64_t{1});
    Node node{op, "update", std::move(inputs), {}, attributes, Phase::kUpdate};
    return message_of<InternalError>([&] { operators().get(op).infer(InferContext{graph, node}); });
  };
  EXPECT_EQ(message("Sgd", {scalar, scalar, scalar, w, g}), "Sgd: g does not fit w");
  EXPECT_EQ(message("Adam", {scalar, scalar, scalar, w, w, w, g}), "Adam: g does not fit w");
  EXPECT_EQ(message("Adam", {scalar, scalar, scalar, w, w, w}), "Adam: wrong number of inputs");
  EXPECT_EQ(message("Adam", {scalar, scalar, scalar, w, w, w, w}), "nothing was thrown");
  const std::vector<ValueId> fitting{scalar, scalar, scalar, w, w};
  EXPECT_EQ(message("Sgd", fitting, {{"learning_rate_multipliers", std::vector<double>{1, 1}}}),
            "Sgd: learning_rate_multipliers has 2 numbers for 1 weights");
  EXPECT_EQ(message("Sgd", fitting, {{"weight_decays", std::vector<double>{}}}),
            "Sgd: weight_decays has 0 numbers for 1 weights");
  EXPECT_EQ(message("Sgd", fitting, {{"first_steps", std::vector<std::int64_t>{1, 2}}}),
            "Sgd: first_steps has 2 numbers for 1 weights");
  EXPECT_EQ(message("Sgd", fitting, {{"weight_decays", std::vector<double>{0.1}}}), "nothing was thrown");

  const auto matrix = [&](const std::string& name, Shape shape) {
    return graph.add_value({name, {DType::kFloat32, std::move(shape)}, ValueKind::kInput, -1, false});
  };
  const ValueId kernel = matrix("kernel", {7, 5}), dy = matrix("dy", {2, 7}), x = matrix("x", {2, 5});
  const ValueId of_three = matrix("of_three", {3, 5}), too_long = matrix("too_long", {2, 6});
  const Attributes factored{{"factored", std::vector<std::int64_t>{0}}};
  EXPECT_EQ(message("Sgd", {scalar, scalar, scalar, kernel, dy, x}, factored), "nothing was thrown");
  EXPECT_EQ(message("Sgd", {scalar, scalar, scalar, kernel, dy}, factored), "Sgd: wrong number of inputs");
  EXPECT_EQ(message("Sgd", {scalar, scalar, scalar, kernel, dy, of_three}, factored),
            "Sgd: 2x7 and 3x5 are no factors for kernel of 7x5");
  EXPECT_EQ(message("Sgd", {scalar, scalar, scalar, kernel, dy, too_long}, factored),
            "Sgd: 2x7 and 2x6 are no factors for kernel of 7x5");
  EXPECT_EQ(message("Sgd", {scalar, scalar, scalar, kernel, x, dy}, factored),
            "Sgd: 2x5 and 2x7 are no factors for kernel of 7x5");
}

std::int64_t flops(const OpCase& op_case) {
  Graph graph;
  const Node node = node_of(op_case, graph);
  const auto& count = operators().get(node.op).flops;
  return count ? count(InferContext{graph, node}) : 0;
}

TEST(Flops, CountMultiplicationsAndAdditions) {
  // 2 pictures, 4 filters, 3x4 pixels, each a sum of 3 channels x 3 x 3 products.
  const std::int64_t conv = 2 * 2 * 4 * (3 * 4) * (3 * 9);
  EXPECT_EQ(flops({"Conv", "", kConv, window({3, 3})}), conv);
  EXPECT_EQ(flops({"ConvGradInput", "", {{{2, 4, 3, 4}}, {{4, 3, 3, 3}}}, window({3, 3}, "input_shape", {2, 3, 5, 6})}),
            conv);
  EXPECT_EQ(flops({"ConvGradWeight", "", {{{2, 3, 5, 6}}, {{2, 4, 3, 4}}}, window({3, 3})}), conv);
  // 2 pictures, 4 filters in 2 groups, 3x4 pixels, each a sum of 3 channels x 3 x 3 products.
  const Attributes two_groups{{"kernel_shape", Integers{3, 3}}, {"group", std::int64_t{2}}};
  EXPECT_EQ(flops({"Conv", "", {{{2, 6, 5, 6}}, {{4, 3, 3, 3}}}, two_groups}), conv);
  EXPECT_EQ(flops({"ConvGradWeight", "", {{{2, 6, 5, 6}}, {{2, 4, 3, 4}}}, two_groups}), conv);
  // Each of 2 x 4 x 3 x 4 elements is added to 5 filters in 3 x 3 places.
  EXPECT_EQ(flops({"ConvTranspose", "", {{{2, 4, 3, 4}}, {{4, 5, 3, 3}}}}), 2 * (2 * 4 * 3 * 4) * (5 * 9));
  const std::int64_t gemm = 2 * 5 * 12 * 7;
  EXPECT_EQ(flops({"Gemm", "", {{{5, 12}}, {{7, 12}}}, kTransposed}), gemm);
  EXPECT_EQ(flops({"GemmGradInput", "", {{{5, 7}}, {{7, 12}}}, {{"input_shape", Integers{5, 12}}}}), gemm);
  EXPECT_EQ(flops({"GemmGradWeight", "", {{{5, 12}}, {{5, 7}}}}), gemm);
  EXPECT_EQ(flops({"Relu", "", {{{5, 12}}}}), 60);
  EXPECT_EQ(flops({"Flatten", "", {{{5, 3, 4}}}}), 0);
}

TEST(Flops, CountDecayWhereThereIsAny) {
  const auto update = [](const std::vector<double>& decays) {
    Graph graph;
    const ValueId scalar = graph.add_value({"s", {DType::kFloat32, {}}, ValueKind::kInput, -1, false});
    const ValueId a = graph.add_value({"a", {DType::kFloat32, {3}}, ValueKind::kParameter, -1, true});
    const ValueId b = graph.add_value({"b", {DType::kFloat32, {5}}, ValueKind::kParameter, -1, true});
    Attributes attributes{{"count", std::int64_t{2}}};
    if (!decays.empty()) attributes.set("weight_decays", decays);
    const Node node{"Sgd", "update", {scalar, scalar, scalar, a, b, a, b}, {}, attributes, Phase::kUpdate};
    return operators().get("Sgd").flops(InferContext{graph, node});
  };
  EXPECT_EQ(update({}), 4 * 8);
  EXPECT_EQ(update({0, 0.1}), 4 * 8 + 2 * 5);
}

TEST(SlotNames, FollowTheOptimizer) {
  using ::testing::ElementsAre;
  const Attributes momentum{{"momentum", 0.9}};
  EXPECT_THAT(slot_names("Sgd", {}), ElementsAre());
  EXPECT_THAT(slot_names("Sgd", momentum), ElementsAre("velocity"));
  EXPECT_THAT(slot_names("RmsProp", {}), ElementsAre("mean_square"));
  EXPECT_THAT(slot_names("RmsProp", momentum), ElementsAre("mean_square", "velocity"));
  EXPECT_THAT(slot_names("Adam", {}), ElementsAre("m", "v"));
}

}  // namespace
}  // namespace thaw
