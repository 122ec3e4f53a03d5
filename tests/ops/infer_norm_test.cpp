// What shape inference says of normalizations that do not fit: full text.
#include "ops/catalogue.h"
#include "schemas/diagnostic.h"
#include "tests/graph/message_of.h"
#include "tests/ops/operator_test.h"
#include "tests/ops/refusal.h"

namespace thaw {
namespace {

Refusal of(const std::string& name, const std::string& op, std::vector<Port> ports, Attributes attributes,
           const std::string& message) {
  return {name, {op, "", std::move(ports), std::move(attributes)}, "layer layer_1 " + message};
}

const std::vector<Port> kTraining{{{2, 6, 4, 4}}, {{6}}, {{6}}};
const Attributes kMomentum{{"momentum", 0.9}};

const std::vector<Refusal> kRefusals{
    of("BatchOfVectors", "BatchNormalizationTraining", {{{6}}, {{6}}, {{6}}}, {},
       "(input): needs a batch of channels (rank 2 to 5), but its input is 6"),
    of("BatchScale", "BatchNormalizationTraining", {{{2, 6}}, {{5}}, {{6}}}, {},
       "(input): has 6 channels, but its scale is 5"),
    of("BatchBias", "BatchNormalizationTraining", {{{2, 6}}, {{6}}, {{6, 1}}}, {},
       "(input): has 6 channels, but its bias is 6x1"),
    of("BatchMean", "BatchNormalization", {{{2, 6}}, {{6}}, {{6}}, {{2}}, {{6}}}, {},
       "(input): has 6 channels, but its mean is 2"),
    of("BatchVariance", "BatchNormalization", {{{2, 6}}, {{6}}, {{6}}, {{6}}, {{}}}, {},
       "(input): has 6 channels, but its variance is scalar"),
    of("BatchEpsilon", "BatchNormalizationTraining", kTraining, {{"epsilon", -1e-5}},
       "(epsilon): must not be negative"),
    of("AverageShapes", "RunningAverage", {{{6}}, {{5}}}, kMomentum, "(input): averages 6, but the batch gives 5"),
    of("AverageNorm", "RunningAverage", {{{6}}, {{6}}, {{6}}}, kMomentum, "(input): needs a scalar norm, but it is 6"),
    of("AverageWithoutMomentum", "RunningAverage", {{{6}}, {{6}}}, {}, "(momentum): must be given, from 0 to 1"),
    of("AverageMomentum", "RunningAverage", {{{6}}, {{6}}}, {{"momentum", 1.5}},
       "(momentum): must be given, from 0 to 1"),
    of("LayerAxis", "LayerNormalization", {{{2, 6}}, {{6}}}, {{"axis", std::int64_t{2}}},
       "(axis): names axis 2 of a tensor of rank 2"),
    of("LayerScale", "LayerNormalization", {{{2, 3, 6}}, {{6}}}, {{"axis", std::int64_t{1}}},
       "(input): normalizes 3x6, but its scale is 6"),
    of("LayerBias", "LayerNormalization", {{{2, 3, 6}}, {{6}}, {{1}}}, {}, "(input): normalizes 6, but its bias is 1"),
    of("LayerEpsilon", "LayerNormalization", {{{2, 6}}, {{6}}}, {{"epsilon", -1.0}}, "(epsilon): must not be negative"),
    of("GroupCount", "GroupNormalization", kTraining, {{"num_groups", std::int64_t{4}}},
       "(num_groups): 4 groups do not divide 6 channels"),
    of("GroupNone", "GroupNormalization", kTraining, {}, "(num_groups): 0 groups do not divide 6 channels"),
    of("GroupScale", "GroupNormalization", {{{2, 6, 4}}, {{3}}, {{6}}}, {{"num_groups", std::int64_t{3}}},
       "(input): has 6 channels, but its scale is 3"),
    of("GroupOfVectors", "GroupNormalization", {{{6}}, {{6}}, {{6}}}, {{"num_groups", std::int64_t{1}}},
       "(input): needs a batch of channels, but its input is 6"),
    of("InstanceBias", "InstanceNormalization", {{{2, 6, 4}}, {{6}}, {{4}}}, {},
       "(input): has 6 channels, but its bias is 4"),
    of("LrnOfVectors", "LRN", {{{6}}}, {{"size", std::int64_t{3}}},
       "(input): needs a batch of channels, but its input is 6"),
    of("LrnSize", "LRN", {{{2, 6}}}, {}, "(size): must be given, at least 1"),
};

INSTANTIATE_TEST_SUITE_P(Norm, RefusalTest, ::testing::ValuesIn(kRefusals), RefusalTest::name_of);

TEST(InferBatchNormGrad, NeedsTheBiasBehindARelu) {
  Graph graph;
  const OpCase op_case{
      "BatchNormalizationTrainingGrad", "", {{{2, 6}}, {{2, 6}}, {{6}}, {{6}}, {{6}}}, {{"activation", "Relu"}}};
  const Node node = node_of(op_case, graph);
  EXPECT_EQ(message_of<InternalError>([&] {
              operators().get(node.op).infer(InferContext{graph, node});
            }),
            "BatchNormalizationTrainingGrad: a fused activation needs the bias");
}

}  // namespace
}  // namespace thaw
