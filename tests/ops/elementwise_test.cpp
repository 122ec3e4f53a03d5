#include "tests/ops/operator_test.h"
#include "tests/ops/random_shape.h"

namespace thaw {
namespace {

struct Function {
  std::string op, name;
  Fill fill;  ///< off the function's kinks and poles, by more than the gradient's check steps
  Attributes attributes = {};
};

const Function kFunctions[] = {
    {"Relu", "", Fill::kAwayFromZero},
    {"LeakyRelu", "", Fill::kAwayFromZero},
    {"LeakyRelu", "steep_", Fill::kAwayFromZero, {{"alpha", 0.3}}},
    {"LeakyRelu", "negative_", Fill::kAwayFromZero, {{"alpha", -0.5}}},
    {"LeakyRelu", "flat_", Fill::kAwayFromZero, {{"alpha", 0.0}}},
    {"Elu", "", Fill::kLarge},
    {"Elu", "alpha_", Fill::kAwayFromZero, {{"alpha", 0.25}}},
    {"Elu", "flat_", Fill::kAwayFromZero, {{"alpha", 0.0}}},
    {"Selu", "", Fill::kAwayFromZero},
    {"Selu", "set_", Fill::kAwayFromZero, {{"alpha", 0.5}, {"gamma", 2.0}}},
    {"Clip", "", Fill::kLarge},
    {"Clip", "relu6_", Fill::kLarge, {{"min", 0.0}, {"max", 6.0}}},
    {"Clip", "above_zero_", Fill::kLarge, {{"min", 0.75}, {"max", 3.25}}},
    {"Clip", "low_", Fill::kLarge, {{"min", -1.25}}},
    {"Clip", "high_", Fill::kLarge, {{"max", 2.5}}},
    {"Sigmoid", "", Fill::kLarge},
    {"HardSigmoid", "", Fill::kLarge},
    {"HardSigmoid", "set_", Fill::kLarge, {{"alpha", 0.25}, {"beta", 0.125}}},
    {"HardSwish", "", Fill::kLarge},
    {"Softplus", "", Fill::kLarge},
    {"Softsign", "", Fill::kLarge},
    {"Tanh", "", Fill::kLarge},
    {"Exp", "", Fill::kLarge},
    {"Log", "", Fill::kPositive},
    {"Sqrt", "", Fill::kPositive},
    {"Reciprocal", "", Fill::kPositive},
    {"Reciprocal", "signed_", Fill::kAwayFromZero},
    {"Abs", "", Fill::kAwayFromZero},
    {"Neg", "", Fill::kUniform},
    {"Erf", "", Fill::kLarge},
    {"Gelu", "", Fill::kLarge},
    {"Swish", "", Fill::kLarge},
    {"Mish", "", Fill::kLarge},
};

std::vector<OpCase> functions() {
  std::vector<OpCase> all;
  RandomShapes shapes(3);
  for (const auto& [op, name, fill, attributes] : kFunctions) {
    const bool is_smooth_enough = fill != Fill::kLarge || op != "Clip";  // many values come near any kink
    // A single number must lie where the slope is neither 0 nor nearly so.
    all.push_back({op, name + "one", {{{1, 1}, Fill::kPositive}}, attributes});
    all.push_back({op, name + "scalar", {{{}, Fill::kPositive}}, attributes});
    all.push_back({op, name + "row", {{{5, 17}, fill}}, attributes});
    all.push_back({op, name + "picture", {{{2, 3, 5, 7}, fill}}, attributes});
    all.push_back({op, name + "picture_33", {{{1, 33, 4, 3}, fill}}, attributes});
    all.push_back(
        {op, name + "random", {{shapes.next(3 + static_cast<std::size_t>(shapes.below(3))), fill}}, attributes});
    if (is_smooth_enough) all.push_back({op, name + "many", {{{2, 16, 28, 28}, fill}}, attributes});
  }
  for (const char* op : {"Floor", "Ceil", "Round"}) {  // nothing flows back
    all.push_back({op, "row", {{{5, 17}, Fill::kLarge, false}}, {}, {}});
    all.push_back({op, "picture_17", {{{2, 17, 5, 7}, Fill::kLarge, false}}, {}, {}});
  }
  return all;
}

struct Pair {
  std::string op;
  Fill first, second;
};

const Pair kPairs[] = {
    {"Add", Fill::kUniform, Fill::kUniform},           {"Sub", Fill::kUniform, Fill::kUniform},
    {"Mul", Fill::kUniform, Fill::kUniform},           {"Div", Fill::kUniform, Fill::kPositive},
    {"Div", Fill::kAwayFromZero, Fill::kAwayFromZero}, {"Pow", Fill::kPositive, Fill::kUniform},
    {"Max", Fill::kUniform, Fill::kUniform},           {"Min", Fill::kUniform, Fill::kUniform},
};

std::vector<OpCase> pairs() {
  std::vector<OpCase> all;
  RandomShapes shapes(5);
  for (const Pair& pair : kPairs) {
    const std::string prefix = pair.first == Fill::kAwayFromZero ? "signed_" : "";
    const auto one = [&](const std::string& name, Shape a, Shape b) {
      all.push_back({pair.op, prefix + name, {{std::move(a), pair.first}, {std::move(b), pair.second}}});
    };
    // Of a single number's maximum, only one side has a gradient; then there is nothing to check.
    const bool is_choice = pair.op == "Max" || pair.op == "Min";
    one("row", {5, 17}, {5, 17});
    if (!is_choice) one("scalar", {}, {});
    one("picture", {2, 17, 5, 7}, {2, 17, 5, 7});
    one("by_scalar", {2, 17, 3, 5}, {});
    if (!is_choice) one("scalar_by", {1}, {2, 33, 3, 5});
    one("by_row", {5, 33}, {33});
    one("by_column", {5, 17}, {5, 1});
    one("outer", {7, 1}, {1, 17});
    one("outer_short", {17}, {4, 3, 1});
    one("by_last_axis", {2, 5, 33}, {33});
    for (const std::int64_t channels : {1, 3, 16, 17, 33}) {
      const std::string suffix = "_" + std::to_string(channels);
      one("by_channel" + suffix, {2, channels, 4, 5}, {channels, 1, 1});
      one("excite" + suffix, {3, channels, 4, 5}, {3, channels, 1, 1});
    }
    one("channel_by", {1, 17, 1, 1}, {2, 17, 4, 5});
    one("by_pixel", {2, 17, 4, 5}, {2, 1, 4, 5});
    one("by_picture", {3, 17, 4, 5}, {1, 17, 4, 5});
    one("by_plane", {3, 17, 4, 5}, {17, 4, 5});
    one("by_line", {2, 17, 4, 5}, {17, 1, 5});
    one("volume", {2, 17, 3, 4, 2}, {17, 1, 1, 1});
    for (int i = 0; i < 6 && prefix.empty() && !is_choice; ++i) {
      const Shape whole = shapes.next(1 + static_cast<std::size_t>(shapes.below(5)));
      Shape part(whole.begin() + shapes.below(static_cast<std::int64_t>(whole.size())), whole.end());
      for (std::int64_t& extent : part) extent = shapes.below(2) ? extent : 1;
      const bool is_swapped = shapes.below(2) == 1;
      one("random_" + std::to_string(i), is_swapped ? part : whole, is_swapped ? whole : part);
    }
  }
  all.push_back({"Pow", "by_integers", {{{5, 17}, Fill::kAwayFromZero}, {{17}, Fill::kFew, false, 4}}});
  all.push_back({"Add", "relu", {{{2, 17, 5, 7}}, {{2, 17, 5, 7}}}, {{"activation", "Relu"}}});
  all.push_back({"Add", "relu_33", {{{1, 33, 4, 4}}, {{33, 1, 1}}}, {{"activation", "Relu"}}});
  return all;
}

std::vector<OpCase> slopes() {
  const auto one = [](const std::string& name, Shape x, Shape slope) {
    return OpCase{"PRelu", name, {{std::move(x), Fill::kAwayFromZero}, {std::move(slope)}}};
  };
  return {one("row", {5, 17}, {17}),
          one("scalar", {2, 3, 4, 5}, {}),
          one("shared", {2, 17, 4, 5}, {1}),
          one("channels_1", {2, 1, 4, 5}, {1, 1, 1}),
          one("channels_3", {2, 3, 4, 5}, {3, 1, 1}),
          one("channels_16", {2, 16, 4, 5}, {16, 1, 1}),
          one("channels_17", {2, 17, 4, 5}, {17, 1, 1}),
          one("channels_33", {1, 33, 4, 5}, {33, 1, 1}),
          one("each", {2, 3, 4, 5}, {3, 4, 5}),
          one("whole", {2, 3, 4, 5}, {2, 3, 4, 5})};
}

std::vector<OpCase> dropouts() {
  const auto one = [](const std::string& name, Shape x, Attributes attributes) {
    return OpCase{"Dropout", name, {{std::move(x)}, {{}, Fill::kIndices, false, 1000}}, std::move(attributes)};
  };
  std::vector<OpCase> all{one("default", {5, 17}, {}),
                          one("vector", {130}, {{"ratio", 0.2}}),
                          one("seeded", {7, 33}, {{"ratio", 0.75}, {"seed", std::int64_t{0x123456789AB}}}),
                          one("none", {3, 4}, {{"ratio", 0.0}}),
                          one("long", {2, 20001}, {{"seed", std::int64_t{-1}}}),
                          {"Dropout", "inference", {{{5, 17}}}},
                          {"Dropout", "inference_left_out", {{{5, 17}}, {{}, Fill::kIndices, false, 9, true}}}};
  for (const std::int64_t channels : {1, 3, 16, 17, 33}) {
    all.push_back(one("picture_" + std::to_string(channels), {2, channels, 9, 11}, {{"ratio", 0.4}}));
  }
  all.push_back(one("points_17", {3, 17, 1, 1}, {}));
  all.push_back(one("volume_17", {2, 17, 3, 2, 3}, {}));
  return all;
}

INSTANTIATE_TEST_SUITE_P(Function, OperatorTest, ::testing::ValuesIn(functions()), OperatorTest::name_of);
INSTANTIATE_TEST_SUITE_P(Pair, OperatorTest, ::testing::ValuesIn(pairs()), OperatorTest::name_of);
INSTANTIATE_TEST_SUITE_P(Slope, OperatorTest, ::testing::ValuesIn(slopes()), OperatorTest::name_of);
INSTANTIATE_TEST_SUITE_P(Dropout, OperatorTest, ::testing::ValuesIn(dropouts()), OperatorTest::name_of);

}  // namespace
}  // namespace thaw
