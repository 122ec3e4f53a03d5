#include <random>

#include "tests/ops/operator_test.h"

namespace thaw {
namespace {

/// X, scale and bias of one value a channel, and stored statistics.
std::vector<Port> ports(Shape x, bool has_statistics) {
  const Shape channels{x.at(1)};
  std::vector<Port> all{{std::move(x)}, {channels, Fill::kPositive}, {channels}};
  if (has_statistics) {
    all.push_back({channels, Fill::kUniform, false});
    all.push_back({channels, Fill::kPositive, false});
  }
  return all;
}

std::vector<OpCase> cases() {
  std::vector<OpCase> all;
  const std::vector<std::pair<std::string, Shape>> pictures{{"rows", {9, 5}},
                                                            {"sequence", {3, 4, 7}},
                                                            {"one_channel", {3, 1, 4, 5}},
                                                            {"channels_3", {4, 3, 5, 5}},
                                                            {"channels_16", {2, 16, 6, 5}},
                                                            {"channels_17", {3, 17, 4, 4}},
                                                            {"channels_33", {2, 33, 5, 3}},
                                                            {"volume", {2, 3, 3, 4, 5}}};
  for (const auto& [name, shape] : pictures) {
    all.push_back({"BatchNormalization", name, ports(shape, true), {{"epsilon", 1e-3}}});
    all.push_back({"BatchNormalizationTraining", name, ports(shape, false), {{"epsilon", 1e-3}}});
    all.push_back({"InstanceNormalization", name, ports(shape.size() > 2 ? shape : Shape{2, 3, 4}, false), {}});
    all.push_back({"LRN", name, {{shape}}, {{"size", std::int64_t{3}}, {"alpha", 0.5}, {"beta", 0.75}, {"bias", 1.0}}});
  }
  all.push_back({"LRN", "even_size", {{{2, 6, 3, 3}}}, {{"size", std::int64_t{4}}, {"alpha", 0.2}, {"bias", 2.0}}});
  for (const std::int64_t groups : {1, 2, 4, 8}) {
    all.push_back({"GroupNormalization", std::to_string(groups), ports({2, 8, 3, 4}, false), {{"num_groups", groups}}});
  }
  for (const std::int64_t axis : {-1, -2, 1, 3}) {
    Shape scale{3, 4, 5};
    scale.erase(scale.begin(), scale.begin() + (axis < 0 ? axis + 3 : axis - 1));
    const std::string name = "axis_" + std::string(axis < 0 ? "m" : "") + std::to_string(std::abs(axis));
    all.push_back({"LayerNormalization", name, {{{2, 3, 4, 5}}, {scale}, {scale}}, {{"axis", axis}}});
    all.push_back({"LayerNormalization", name + "_no_bias", {{{2, 3, 4, 5}}, {scale}}, {{"axis", axis}}});
  }
  std::mt19937 draw(5);
  const auto extent = [&](std::int64_t most) { return std::uniform_int_distribution<std::int64_t>(2, most)(draw); };
  for (int i = 0; i < 6; ++i) {
    const Shape shape{extent(5), extent(40), extent(7), extent(7)};
    all.push_back({"BatchNormalizationTraining", "drawn_" + std::to_string(i), ports(shape, false), {}});
    all.push_back({"BatchNormalization", "drawn_" + std::to_string(i), ports(shape, true), {}});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Norm, OperatorTest, ::testing::ValuesIn(cases()), OperatorTest::name_of);

}  // namespace
}  // namespace thaw
