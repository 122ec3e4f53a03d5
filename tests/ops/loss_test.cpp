#include "tests/ops/operator_test.h"

namespace thaw {
namespace {

std::vector<Port> classes(std::int64_t batch, std::int64_t count, Fill fill = Fill::kUniform) {
  return {{{batch, count}, fill}, {{batch}, Fill::kLabels, false}};
}

std::vector<Port> pair(std::int64_t batch, std::int64_t values, Fill prediction, Fill truth) {
  return {{{batch, values}, prediction}, {{batch, values}, truth, false}};
}

std::vector<Port> weighted(std::int64_t batch) { return {{{batch}}, {{batch}, Fill::kUnit, false}}; }

const std::vector<OpCase> kCases{
    {"SoftmaxCrossEntropyLoss", "batch_1", classes(1, 3)},
    {"SoftmaxCrossEntropyLoss", "ten", classes(5, 10, Fill::kLarge)},
    {"SoftmaxCrossEntropyLoss", "smoothed", classes(5, 10), {{"label_smoothing", 0.1}}},
    {"SoftmaxCrossEntropyLoss", "smoothed_two", classes(3, 2), {{"label_smoothing", 0.5}}},
    {"SoftmaxCrossEntropyLoss", "hundred", classes(17, 100)},
    {"SigmoidCrossEntropyLoss", "one", pair(1, 1, Fill::kUniform, Fill::kUnit)},
    {"SigmoidCrossEntropyLoss", "ten", pair(5, 10, Fill::kLarge, Fill::kUnit)},
    {"SigmoidCrossEntropyLoss", "seventeen", pair(3, 17, Fill::kLarge, Fill::kUnit)},
    {"MeanSquaredErrorLoss", "one", pair(1, 1, Fill::kUniform, Fill::kUnit)},
    {"MeanSquaredErrorLoss", "box", pair(5, 4, Fill::kUniform, Fill::kUnit)},
    {"MeanSquaredErrorLoss", "seventeen", pair(3, 17, Fill::kLarge, Fill::kUniform)},
    {"HuberLoss", "both_branches", pair(5, 4, Fill::kLarge, Fill::kUnit), {{"delta", 1.0}}},
    {"HuberLoss", "inside", pair(5, 4, Fill::kUnit, Fill::kUnit), {{"delta", 3.0}}},
    {"HuberLoss", "narrow", pair(3, 17, Fill::kLarge, Fill::kUniform), {{"delta", 0.25}}},
    {"WeightedMean", "one", weighted(1), {{"scale", 1.0}}},
    {"WeightedMean", "scaled", weighted(5), {{"scale", 0.25}}},
    {"WeightedMean", "many", weighted(130), {{"scale", 2.0}}},
};

INSTANTIATE_TEST_SUITE_P(Loss, OperatorTest, ::testing::ValuesIn(kCases), OperatorTest::name_of);

}  // namespace
}  // namespace thaw
