#include "tests/ops/dice.h"
#include "tests/ops/operator_test.h"

namespace thaw {
namespace {

OpCase inference(const std::string& name, Shape x, Attributes attributes = {}) {
  const std::int64_t c = x[1];
  return {"BatchNormalization",
          name,
          {{std::move(x)}, {{c}}, {{c}}, {{c}, Fill::kUniform, false}, {{c}, Fill::kPositive, false}},
          std::move(attributes)};
}

OpCase training(const std::string& name, Shape x, Attributes attributes = {}) {
  const std::int64_t c = x[1];
  return {
      "BatchNormalizationTraining", name, {{std::move(x)}, {{c}, Fill::kAwayFromZero}, {{c}}}, std::move(attributes)};
}

/// The same with what is added to what is normalized.
OpCase with_residual(OpCase each) {
  each.ports.push_back(each.ports[0]);
  return each;
}

/// Both forms at the sizes that matter: channels below, at and beyond the edges of blocks; more rows than a piece has.
std::vector<OpCase> batch_cases() {
  const Attributes relu{{"activation", "Relu"}};
  std::vector<OpCase> all{
      inference("epsilon", {2, 3, 4, 5}, {{"epsilon", 0.1}}),
      training("epsilon", {2, 3, 4, 5}, {{"epsilon", 0.1}}),
      training("relu", {2, 3, 4, 5}, relu),
      with_residual(training("residual", {2, 3, 4, 5})),
      with_residual(training("residual_relu_17", {2, 17, 4, 5}, relu)),
      with_residual(training("residual_relu_row", {6, 20}, relu)),
      with_residual(training("residual_large", {2, 16, 130, 70})),
      training("relu_17", {2, 17, 4, 5}, relu),
      training("relu_row", {6, 20}, relu),
      training("relu_33_one_sample", {1, 33, 5, 3}, {{"activation", "Relu"}, {"epsilon", 1e-3}}),

      training("large", {2, 16, 130, 70}),
  };
  const std::vector<std::pair<std::string, Shape>> shapes{{"row", {5, 7}},
                                                          {"row_33", {9, 33}},
                                                          {"channels_1", {3, 1, 4, 5}},
                                                          {"channels_16", {2, 16, 5, 3}},
                                                          {"channels_17", {2, 17, 3, 5}},
                                                          {"channels_48", {3, 48, 3, 3}},
                                                          {"one_pixel", {4, 20, 1, 1}},
                                                          {"sequence", {3, 5, 19}},
                                                          {"sequence_of_one", {4, 18, 1}},
                                                          {"volume", {2, 3, 2, 5, 3}}};
  for (const auto& [name, shape] : shapes) {
    all.push_back(inference(name, shape));
    all.push_back(training(name, shape));
  }
  Dice dice(6);
  for (int i = 0; i < 8; ++i) {
    Shape shape = dice.picture();
    ++shape[0];
    all.push_back(inference("random_" + std::to_string(i), shape));
    all.push_back(training("random_" + std::to_string(i), shape, i % 2 ? relu : Attributes{}));
  }
  return all;
}

std::vector<OpCase> sample_cases() {
  const auto layer = [](const std::string& name, Shape x, std::int64_t axis, bool has_bias = true,
                        double epsilon = 1e-5) {
    const std::size_t at = static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::int64_t>(x.size()) : axis);
    const Shape normalized(x.begin() + static_cast<std::ptrdiff_t>(at), x.end());
    std::vector<Port> ports{{std::move(x)}, {normalized}};
    if (has_bias) ports.push_back({normalized});
    return OpCase{"LayerNormalization", name, ports, {{"axis", axis}, {"epsilon", epsilon}}};
  };
  const auto group = [](const std::string& name, Shape x, std::int64_t groups, double epsilon = 1e-5) {
    const std::int64_t c = x[1];
    return OpCase{
        "GroupNormalization", name, {{std::move(x)}, {{c}}, {{c}}}, {{"num_groups", groups}, {"epsilon", epsilon}}};
  };
  std::vector<OpCase> all{
      {"LayerNormalization", "defaults", {{{3, 17}}, {{17}}, {{17}}}},
      {"LayerNormalization", "bias_left_out", {{{3, 17}}, {{17}}, {{}, Fill::kUniform, false, 0, true}}},
      layer("tokens", {2, 5, 33}, -1),
      layer("one_row", {1, 16}, 1),
      layer("many_rows", {41, 3}, 1),
      layer("wide", {3, 1025}, 1),
      layer("no_bias", {4, 9}, 1, false),
      layer("epsilon", {4, 9}, 1, true, 0.2),
      layer("everything", {2, 3, 4}, 0),
      layer("picture", {2, 17, 3, 4}, 1),
      layer("pictures_rows", {2, 3, 4, 5}, -2),
      group("one_group", {2, 6, 3, 4}, 1),
      group("two_groups", {2, 6, 3, 4}, 2),
      group("each_channel", {2, 6, 3, 4}, 6),
      group("blocks", {2, 32, 3, 3}, 2, 0.05),
      group("channels_33", {1, 33, 5, 5}, 3),
      group("rows", {3, 12}, 4),
      group("sequence", {2, 4, 21}, 2),
      {"InstanceNormalization", "picture", {{{2, 3, 4, 5}}, {{3}}, {{3}}}},
      {"InstanceNormalization", "picture_17", {{{2, 17, 5, 3}}, {{17}}, {{17}}}, {{"epsilon", 0.01}}},
      {"InstanceNormalization", "sequence", {{{3, 2, 40}}, {{2}}, {{2}}}},
  };
  Dice dice(7);
  for (int i = 0; i < 8; ++i) {
    const Shape x = dice.shape(static_cast<std::size_t>(dice.roll(2, 4)), 6);
    Shape wider = x;
    wider.back() += 7;  // of very few numbers the deviation is too small for differences
    all.push_back(layer("random_" + std::to_string(i), wider, dice.roll(-1, 1) < 0 ? -1 : 1));
    const std::int64_t groups = dice.roll(1, 4);
    all.push_back(group("random_" + std::to_string(i),
                        {dice.roll(1, 3), groups * dice.roll(1, 9), dice.roll(2, 6), dice.roll(3, 6)}, groups));
  }
  return all;
}

std::vector<OpCase> lrn_cases() {
  const auto lrn = [](const std::string& name, Shape x, std::int64_t size, double alpha = 0.5, double beta = 0.75,
                      double bias = 1) {
    return OpCase{"LRN",
                  name,
                  {{std::move(x), Fill::kLarge}},
                  {{"size", size}, {"alpha", alpha}, {"beta", beta}, {"bias", bias}}};
  };
  std::vector<OpCase> all{
      {"LRN", "defaults", {{{2, 5, 3, 4}, Fill::kLarge}}, {{"size", std::int64_t{5}}}},
      lrn("of_one", {2, 5, 3, 4}, 1),
      lrn("even", {2, 7, 3, 4}, 4),
      lrn("wider_than_the_channels", {2, 3, 3, 4}, 9),
      lrn("channels_1", {2, 1, 3, 4}, 3),
      lrn("channels_16", {2, 16, 3, 4}, 5),
      lrn("channels_17", {2, 17, 3, 4}, 5),
      lrn("channels_33", {1, 33, 5, 2}, 3),
      lrn("other_power", {2, 17, 3, 4}, 5, 0.2, 0.5, 2),
      lrn("rows", {4, 9}, 3),
      lrn("sequence", {2, 9, 6}, 3),
  };
  Dice dice(8);
  for (int i = 0; i < 6; ++i) all.push_back(lrn("random_" + std::to_string(i), dice.picture(), dice.roll(1, 7)));
  return all;
}

INSTANTIATE_TEST_SUITE_P(BatchNorm, OperatorTest, ::testing::ValuesIn(batch_cases()), OperatorTest::name_of);
INSTANTIATE_TEST_SUITE_P(SampleNorm, OperatorTest, ::testing::ValuesIn(sample_cases()), OperatorTest::name_of);
INSTANTIATE_TEST_SUITE_P(Lrn, OperatorTest, ::testing::ValuesIn(lrn_cases()), OperatorTest::name_of);

}  // namespace
}  // namespace thaw
