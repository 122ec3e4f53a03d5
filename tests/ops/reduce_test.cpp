#include "tests/ops/operator_test.h"
#include "tests/ops/random_shape.h"

namespace thaw {
namespace {

struct Reduced {
  std::string op;
  Fill fill;  ///< off the operator's kinks and poles
};

const Reduced kReduced[] = {
    {"ReduceSum", Fill::kUniform},     {"ReduceMean", Fill::kUniform},    {"ReduceMax", Fill::kDistinct},
    {"ReduceMin", Fill::kDistinct},    {"ReduceL1", Fill::kAwayFromZero}, {"ReduceL2", Fill::kUniform},
    {"ReduceSumSquare", Fill::kLarge}, {"ReduceLogSum", Fill::kPositive}, {"ReduceLogSumExp", Fill::kLarge}};

Attributes over(Integers axes, std::int64_t keepdims = 1) {
  return {{"axes", std::move(axes)}, {"keepdims", keepdims}};
}

std::vector<OpCase> cases() {
  std::vector<OpCase> all;
  for (const auto& [op, fill] : kReduced) {
    const auto one = [&, &name_of_op = op, &with = fill](const std::string& name, Shape shape, Attributes attributes) {
      all.push_back({name_of_op, name, {{std::move(shape), with}}, std::move(attributes)});
    };
    one("scalar", {}, {});
    one("one", {1, 1}, over({0}));
    one("all", {3, 5}, {});
    one("all_dropped", {2, 3, 5, 7}, {{"keepdims", std::int64_t{0}}});
    one("rows", {5, 17}, over({1}));
    one("columns_dropped", {5, 17}, over({0}, 0));
    one("long_row", {2, 9000}, over({-1}, 0));
    one("many_columns", {3, 1100}, over({0}));
    one("middle", {4, 3, 33}, over({1}));
    one("outer_and_inner", {3, 4, 5, 6}, over({0, -1}));
    one("five_axes", {2, 3, 2, 3, 4}, over({1, 3}, 0));
    for (const std::int64_t channels : {1, 3, 16, 17, 33}) {
      const std::string suffix = "_" + std::to_string(channels);
      one("pixels" + suffix, {2, channels, 5, 7}, over({2, 3}));
      one("bias" + suffix, {3, channels, 4, 5}, over({0, 2, 3}, 0));
      one("channels" + suffix, {2, channels, 3, 5}, over({1}));
    }
    one("height_16", {2, 16, 5, 7}, over({2}));
    one("height_17", {2, 17, 5, 7}, over({2}));
    one("batch_33", {5, 33, 3, 2}, over({0}));
    one("bias_of_many", {2, 17, 61, 67}, over({0, 2, 3}));
    one("volume", {2, 17, 3, 4, 5}, over({2, 3, 4}));
  }
  RandomShapes shapes(7);
  for (int i = 0; i < 30; ++i) {
    const auto& [op, fill] = kReduced[static_cast<std::size_t>(i) % std::size(kReduced)];
    const auto rank = static_cast<std::size_t>(1 + shapes.below(5));
    Integers axes;
    for (std::size_t axis = 0; axis < rank; ++axis) {
      if (shapes.below(2) == 0)
        axes.push_back(static_cast<std::int64_t>(axis) - (shapes.below(2) ? 0 : static_cast<std::int64_t>(rank)));
    }
    all.push_back({op, "random_" + std::to_string(i), {{shapes.next(rank), fill}}, over(axes, shapes.below(2))});
  }
  return all;
}

// Few numbers a group: the product of many vanishes.
const std::vector<OpCase> kProducts{
    {"ReduceProd", "scalar", {{{}, Fill::kPositive}}},
    {"ReduceProd", "all", {{{3, 5}, Fill::kPositive}}},
    {"ReduceProd", "rows", {{{5, 17}, Fill::kPositive}}, over({1}, 0)},
    {"ReduceProd", "columns", {{{7, 33}, Fill::kAwayFromZero}}, over({0})},
    {"ReduceProd", "pixels_17", {{{2, 17, 3, 4}, Fill::kPositive}}, over({2, 3})},
    {"ReduceProd", "channels_16", {{{2, 16, 3, 2}, Fill::kPositive}}, over({1}, 0)},
};

std::vector<OpCase> positions() {
  std::vector<OpCase> all;
  for (const char* op : {"ArgMax", "ArgMin"}) {
    const auto one = [&](const std::string& name, Shape shape, Attributes attributes, std::int64_t values = 0) {
      // Few different values: equal extrema.
      Port port{std::move(shape), values > 0 ? Fill::kFew : Fill::kDistinct, false, values};
      all.push_back({op, name, {std::move(port)}, std::move(attributes), {}});
    };
    one("default", {5, 3}, {});
    one("rows", {4, 17}, {{"axis", std::int64_t{1}}, {"keepdims", std::int64_t{0}}});
    one("last", {3, 5, 7}, {{"axis", std::int64_t{-1}}}, 3);
    one("ties_to_the_first", {5, 33, 2, 3}, {{"axis", std::int64_t{1}}}, 2);
    one("ties_to_the_last", {5, 33, 2, 3}, {{"axis", std::int64_t{1}}, {"select_last_index", std::int64_t{1}}}, 2);
    one("segmentation", {1, 21, 40, 40}, {{"axis", std::int64_t{1}}, {"keepdims", std::int64_t{0}}});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Reduce, OperatorTest, ::testing::ValuesIn(cases()), OperatorTest::name_of);
INSTANTIATE_TEST_SUITE_P(Product, OperatorTest, ::testing::ValuesIn(kProducts), OperatorTest::name_of);
INSTANTIATE_TEST_SUITE_P(Position, OperatorTest, ::testing::ValuesIn(positions()), OperatorTest::name_of);

}  // namespace
}  // namespace thaw
