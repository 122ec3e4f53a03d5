// What shape inference says of elementwise operators, reductions, softmax and losses that do not fit, and their costs.
#include "graph/op_registry.h"
#include "ops/catalogue.h"
#include "tests/ops/refusal.h"

namespace thaw {
namespace {

Port labels(Shape shape) { return {std::move(shape), Fill::kIndices}; }

const std::string kInput = "layer layer_1 (input): ";

const std::vector<Refusal> kElementwise{
    {"ReluOfIntegers", {"Relu", "", {labels({3})}}, kInput + "must be real numbers"},
    {"EluAlpha", {"Elu", "", {{{3}}}, {{"alpha", -0.5}}}, "layer layer_1 (alpha): must not be negative"},
    {"SeluAlpha", {"Selu", "", {{{3}}}, {{"alpha", -1.0}}}, "layer layer_1 (alpha): must not be negative"},
    {"SeluGamma", {"Selu", "", {{{3}}}, {{"gamma", -1.0}}}, "layer layer_1 (gamma): must not be negative"},
    {"GradUnequal", {"ReluGrad", "", {{{2, 3}}, {{3, 2}}}}, kInput + "has inputs of unequal shapes 2x3 and 3x2"},
    {"MulUnequal",
     {"Mul", "", {{{2, 17, 4, 5}}, {{3, 1, 1}}}},
     kInput + "has inputs of shapes 2x17x4x5 and 3x1x1, which do not broadcast"},
    {"MaxOfIntegers", {"Max", "", {{{2}}, labels({2})}}, kInput + "must be real numbers"},
    {"SlopeTooLarge",
     {"PRelu", "", {{{5}}, {{2, 5}}}},
     kInput + "has a slope of shape 2x5, which does not broadcast to 5"},
    {"DropoutOfAll",
     {"Dropout", "", {{{5}}, labels({})}, {{"ratio", 1.0}}},
     "layer layer_1 (ratio): must be at least 0 and below 1"},
    {"DropoutNegative",
     {"Dropout", "", {{{5}}}, {{"ratio", -0.1}}},
     "layer layer_1 (ratio): must be at least 0 and below 1"},
    {"DropoutStepNotInteger", {"Dropout", "", {{{5}}, {{}}}}, kInput + "needs the step as one integer"},
    {"DropoutSteps", {"Dropout", "", {{{5}}, labels({2})}}, kInput + "needs the step as one integer"},
};

const std::vector<Refusal> kReductions{
    {"ReduceIntegers", {"ReduceSum", "", {labels({3})}}, kInput + "must be real numbers"},
    {"ReduceNothing", {"ReduceSum", "", {{{2, 0}}}}, kInput + "has no elements"},
    {"ArgOfNothing", {"ArgMax", "", {{{2, 0}}}}, kInput + "has no elements"},
    {"ReduceAxis",
     {"ReduceMean", "", {{{2, 3}}}, {{"axes", Integers{2}}}},
     "layer layer_1 (axes): has no axis 2 in 2x3"},
    {"ReduceAxisOfScalar",
     {"ReduceMax", "", {{{}}}, {{"axes", Integers{0}}}},
     "layer layer_1 (axes): has no axis 0 in scalar"},
    {"ReduceTwice",
     {"ReduceL2", "", {{{2, 3}}}, {{"axes", Integers{1, -1}}}},
     "layer layer_1 (axes): names axis 1 twice"},
    {"ArgAxis",
     {"ArgMax", "", {{{2, 3}}}, {{"axis", std::int64_t{-3}}}},
     "layer layer_1 (axis): has no axis -3 in 2x3"},
    {"ArgOfIntegers", {"ArgMin", "", {labels({3})}}, kInput + "must be real numbers"},
};

const std::vector<Refusal> kLosses{
    {"SoftmaxAxis",
     {"Softmax", "", {{{2, 3}}}, {{"axis", std::int64_t{2}}}},
     "layer layer_1 (axis): has no axis 2 in 2x3"},
    {"LogSoftmaxOfScalar", {"LogSoftmax", "", {{{}}}}, "layer layer_1 (axis): has no axis -1 in scalar"},
    {"SoftmaxOfIntegers", {"Softmax", "", {labels({3})}}, kInput + "must be real numbers"},
    {"ClassLossOfVector",
     {"SoftmaxCrossEntropyLoss", "", {{{3}}, labels({3})}},
     kInput + "needs one value a class, but its input is 3"},
    {"ClassLossOfIntegers",
     {"NegativeLogLikelihoodLoss", "", {labels({3, 2}), labels({3})}},
     kInput + "must be real numbers"},
    {"LabelsOfAnotherPicture",
     {"SoftmaxCrossEntropyLoss", "", {{{2, 3, 4, 5}}, labels({2, 4, 4})}},
     kInput + "labels must be integers of shape 2x4x5"},
    {"LikelihoodLabels",
     {"NegativeLogLikelihoodLoss", "", {{{2, 3}}, labels({2, 3})}},
     kInput + "labels must be one integer a sample"},
    {"ClassWeights",
     {"NegativeLogLikelihoodLoss", "", {{{2, 3}}, labels({2}), {{2}}}},
     kInput + "needs one weight a class, 3, but its weights are 2"},
    {"WeightOfReals", {"ClassWeightOf", "", {{{2}}}}, kInput + "labels must be integers"},
    {"WeightOfMatrix",
     {"ClassWeightOf", "", {labels({2}), {{2, 3}}}},
     kInput + "needs one weight a class, but its input is 2x3"},
};

INSTANTIATE_TEST_SUITE_P(Elementwise, RefusalTest, ::testing::ValuesIn(kElementwise), RefusalTest::name_of);
INSTANTIATE_TEST_SUITE_P(Reduce, RefusalTest, ::testing::ValuesIn(kReductions), RefusalTest::name_of);
INSTANTIATE_TEST_SUITE_P(Loss, RefusalTest, ::testing::ValuesIn(kLosses), RefusalTest::name_of);

std::int64_t flops(const OpCase& op_case) {
  Graph graph;
  const Node node = node_of(op_case, graph);
  return operators().get(node.op).flops(InferContext{graph, node});
}

TEST(Flops, OfElementwiseOperatorsCountResults) {
  EXPECT_EQ(flops({"Mul", "", {{{5, 1}}, {{1, 12}}}}), 60);
  EXPECT_EQ(flops({"Gelu", "", {{{5, 12}}}}), 60);
  EXPECT_EQ(flops({"MaxGrad", "", {{{5, 12}}, {{5, 12}}, {{12}}}}), 60);
  EXPECT_EQ(flops({"ReduceMean", "", {{{5, 12}}}}), 60);
  EXPECT_EQ(flops({"ReduceSumGrad", "", {{{5, 1}}}, {{"input_shape", Integers{5, 12}}}}), 60);
  EXPECT_EQ(flops({"Softmax", "", {{{5, 12}}}}), 240);
}

}  // namespace
}  // namespace thaw
