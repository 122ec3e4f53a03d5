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

/// Class scores at each place of a picture (or a sample), labels below `limit`, and class weights.
std::vector<Port> places(Shape scores, std::int64_t limit = 0, bool has_weights = false) {
  Shape labels{scores[0]};
  labels.insert(labels.end(), scores.begin() + 2, scores.end());
  std::vector<Port> ports{{scores, Fill::kLarge}, {labels, Fill::kIndices, false, limit ? limit : scores[1]}};
  if (has_weights) ports.push_back({{scores[1]}, Fill::kPositive, false});
  return ports;
}

Attributes ignoring(std::int64_t index, double smoothing = 0) {
  return {{"ignore_index", index}, {"label_smoothing", smoothing}};
}

std::vector<OpCase> class_losses() {
  std::vector<OpCase> all;
  const auto one = [&](const std::string& op, const std::string& name, std::vector<Port> ports,
                       Attributes attributes = {}) {
    all.push_back({op, name, std::move(ports), std::move(attributes)});
  };
  for (const std::string op : {"SoftmaxCrossEntropyLoss", "NegativeLogLikelihoodLoss"}) {
    one(op, "rows", places({5, 10}));
    one(op, "rows_weighted", places({7, 17}, 0, true));
    one(op, "rows_ignoring", places({17, 4}), ignoring(2));
    one(op, "rows_no_class", places({17, 4}, 6));
    one(op, "weights_left_out", {{{5, 10}}, {{5}, Fill::kLabels, false}, {{10}, Fill::kPositive, false, 0, true}});
    one(op, "line", places({3, 5, 9}, 0, true), ignoring(1));
    one(op, "volume", places({2, 3, 2, 3, 4}, 4, true), ignoring(3));
    one(op, "segmentation", places({2, 21, 24, 24}));
    one(op, "segmentation_255", places({1, 5, 19, 31}, 7, true), ignoring(6));
    for (const std::int64_t classes : {3, 16, 17, 33}) {
      one(op, "classes_" + std::to_string(classes), places({2, classes, 5, 7}, 0, classes > 3), ignoring(-100));
    }
  }
  const std::string op = "SoftmaxCrossEntropyLoss";
  one(op, "rows_smoothed_weighted", places({7, 17}, 0, true), {{"label_smoothing", 0.1}});
  one(op, "picture_smoothed", places({2, 5, 3, 4}), {{"label_smoothing", 0.25}});
  one(op, "picture_smoothed_weighted", places({2, 5, 3, 4}, 7, true), ignoring(1, 0.25));
  all.push_back({"ClassWeightOf", "ones", {{{17}, Fill::kIndices, false, 5}}, {}, {}});
  all.push_back({"ClassWeightOf", "ignoring", {{{2, 7, 5}, Fill::kIndices, false, 3}}, ignoring(1), {}});
  all.push_back({"ClassWeightOf",
                 "weighted",
                 {{{2, 7, 5}, Fill::kIndices, false, 7}, {{5}, Fill::kPositive, false}},
                 ignoring(0),
                 {}});
  return all;
}

const std::vector<OpCase> kCases{
    {"SoftmaxCrossEntropyLoss", "batch_1", classes(1, 3)},
    {"SoftmaxCrossEntropyLoss", "ten", classes(5, 10, Fill::kLarge)},
    {"SoftmaxCrossEntropyLoss", "smoothed", classes(5, 10), {{"label_smoothing", 0.1}}},
    {"SoftmaxCrossEntropyLoss", "smoothed_two", classes(3, 2), {{"label_smoothing", 0.5}}},
    {"SoftmaxCrossEntropyLoss", "hundred", classes(17, 100)},
    {"SigmoidCrossEntropyLoss", "one", pair(1, 1, Fill::kUniform, Fill::kUnit)},
    {"SigmoidCrossEntropyLoss", "ten", pair(5, 10, Fill::kLarge, Fill::kUnit)},
    {"SigmoidCrossEntropyLoss", "seventeen", pair(3, 17, Fill::kLarge, Fill::kUnit)},
    {"SigmoidCrossEntropyLoss", "smoothed_one", pair(5, 1, Fill::kUniform, Fill::kUnit), {{"label_smoothing", 0.1}}},
    {"SigmoidCrossEntropyLoss", "smoothed", pair(3, 17, Fill::kLarge, Fill::kUnit), {{"label_smoothing", 0.5}}},
    {"SoftmaxDistributionCrossEntropyLoss", "two", pair(1, 2, Fill::kUniform, Fill::kUnit)},
    {"SoftmaxDistributionCrossEntropyLoss", "ten", pair(5, 10, Fill::kLarge, Fill::kUnit)},
    {"SoftmaxDistributionCrossEntropyLoss",
     "smoothed",
     pair(5, 10, Fill::kLarge, Fill::kUnit),
     {{"label_smoothing", 0.1}}},
    {"SoftmaxDistributionCrossEntropyLoss", "hundred", pair(17, 100, Fill::kLarge, Fill::kUnit)},
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

INSTANTIATE_TEST_SUITE_P(ClassLoss, OperatorTest, ::testing::ValuesIn(class_losses()), OperatorTest::name_of);
INSTANTIATE_TEST_SUITE_P(Loss, OperatorTest, ::testing::ValuesIn(kCases), OperatorTest::name_of);

}  // namespace
}  // namespace thaw
