// The optimizers' reference against numbers worked out by hand from Keras's equations: two steps of one weight.
#include "ops/update/update.h"

#include <gmock/gmock.h>

#include <cmath>

#include "ops/catalogue.h"
#include "tests/reference/networks.h"

namespace thaw::reference {
namespace {

struct Result {
  double norm, weight;
};

/// Applies `steps` updates with gradients 0.5, -0.2, ... to a weight of 1 at rate 0.1.
Result descend(const std::string& op, const Attributes& attributes, const std::vector<double>& gradients,
               double loss = 0) {
  Graph graph;
  Builder builder(graph, operators());
  const ValueId w = builder.parameter("w", {1});
  const ValueId g = builder.input("g", {DType::kFloat32, {1}});
  const ValueId l = builder.input("l", {DType::kFloat32, {}});
  const ValueId norm = append_update(builder, op, attributes, {{w, g}}, l, slot_names(op, attributes));
  Feeds feeds{{w, {1}}, {l, {loss}}, {graph.find("learning_rate"), {0.1}}};
  for (const std::string& slot : slot_names(op, attributes)) feeds[graph.find("w/" + slot)] = {0};
  Result result{};
  for (std::size_t t = 0; t < gradients.size(); ++t) {
    feeds[g] = {gradients[t]};
    feeds[graph.find("step")] = {static_cast<double>(t + 1)};
    const Values values = evaluate(graph, feeds);
    for (auto& [id, numbers] : feeds) numbers = values.at(id).values;
    result = {values.at(norm).at(0), values.at(w).at(0)};
  }
  return result;
}

TEST(UpdateReference, SgdPlain) {
  const Result result = descend("Sgd", {}, {0.5, -0.2});
  EXPECT_DOUBLE_EQ(result.weight, 1 - 0.05 + 0.02);
  EXPECT_DOUBLE_EQ(result.norm, 0.2);
}

TEST(UpdateReference, SgdMomentum) {
  // v: -0.05, then 0.9 * -0.05 + 0.02 = -0.025.
  EXPECT_DOUBLE_EQ(descend("Sgd", {{"momentum", 0.9}}, {0.5, -0.2}).weight, 1 - 0.05 - 0.025);
}

TEST(UpdateReference, SgdNesterov) {
  // First: 0.9 * -0.05 - 0.05 = -0.095; then 0.9 * -0.025 + 0.02 = -0.0025.
  const Attributes attributes{{"momentum", 0.9}, {"nesterov", std::int64_t{1}}};
  EXPECT_DOUBLE_EQ(descend("Sgd", attributes, {0.5, -0.2}).weight, 1 - 0.095 - 0.0025);
}

TEST(UpdateReference, RmsProp) {
  // a: 0.1 * 0.25 = 0.025, then 0.9 * 0.025 + 0.1 * 0.04 = 0.0265.
  const double expected = 1 - 0.05 / std::sqrt(0.025 + 1e-3) + 0.02 / std::sqrt(0.0265 + 1e-3);
  EXPECT_DOUBLE_EQ(descend("RmsProp", {{"rho", 0.9}, {"epsilon", 1e-3}}, {0.5, -0.2}).weight, expected);
}

TEST(UpdateReference, RmsPropMomentum) {
  const double first = -0.05 / std::sqrt(0.025 + 1e-3), second = 0.5 * first + 0.02 / std::sqrt(0.0265 + 1e-3);
  const Attributes attributes{{"rho", 0.9}, {"epsilon", 1e-3}, {"momentum", 0.5}};
  EXPECT_DOUBLE_EQ(descend("RmsProp", attributes, {0.5, -0.2}).weight, 1 + first + second);
}

TEST(UpdateReference, Adam) {
  // m: 0.05, then 0.025; v: 0.00025, then 0.00028975. The first step's bias correction gives sqrt(0.001) / 0.1.
  const double first = 0.1 * std::sqrt(0.001) / 0.1 * 0.05 / (std::sqrt(0.00025) + 1e-3);
  const double correction = std::sqrt(1 - 0.998001) / (1 - 0.81);
  const double second = 0.1 * correction * 0.025 / (std::sqrt(0.00028975) + 1e-3);
  const Attributes attributes{{"beta_1", 0.9}, {"beta_2", 0.999}, {"epsilon", 1e-3}};
  EXPECT_NEAR(descend("Adam", attributes, {0.5, -0.2}).weight, 1 - first - second, 1e-13);
}

TEST(UpdateReference, ClipsByNorm) {
  const Result result = descend("Sgd", {{"clip_global_norm", 0.25}}, {0.5});
  EXPECT_DOUBLE_EQ(result.weight, 1 - 0.025);
  EXPECT_DOUBLE_EQ(result.norm, 0.5) << "the norm is that before clipping";
  EXPECT_DOUBLE_EQ(descend("Sgd", {{"clip_global_norm", 0.75}}, {0.5}).weight, 1 - 0.05)
      << "below the limit: untouched";
}

TEST(UpdateReference, ClipsByValue) {
  EXPECT_DOUBLE_EQ(descend("Sgd", {{"clip_value", 0.125}}, {-0.5}).weight, 1 + 0.0125);
}

TEST(UpdateReference, SgdDecaysAfterClipping) {
  // g: 0.125 + 0.5 * 1, then 0.125 + 0.5 * 0.9375.
  const Attributes attributes{{"clip_value", 0.125}, {"weight_decays", std::vector<double>{0.5}}};
  EXPECT_DOUBLE_EQ(descend("Sgd", attributes, {0.5, 0.5}).weight, 0.9375 - 0.1 * (0.125 + 0.5 * 0.9375));
}

TEST(UpdateReference, RmsPropDecaysBeforeItSquares) {
  const double g = 0.5 + 0.25;
  const Attributes attributes{{"rho", 0.9}, {"epsilon", 1e-3}, {"weight_decays", std::vector<double>{0.25}}};
  EXPECT_DOUBLE_EQ(descend("RmsProp", attributes, {0.5}).weight, 1 - 0.1 * g / std::sqrt(0.1 * g * g + 1e-3));
}

TEST(UpdateReference, AdamDecaysBesides) {
  const Attributes plain{{"beta_1", 0.9}, {"beta_2", 0.999}, {"epsilon", 1e-3}};
  Attributes decayed = plain;
  decayed.set("weight_decays", std::vector<double>{0.25});
  const double move = descend("Adam", plain, {0.5}).weight - 1;
  EXPECT_DOUBLE_EQ(descend("Adam", decayed, {0.5}).weight, 1 - 0.1 * 0.25 + move);
}

TEST(UpdateReference, MultipliesTheRate) {
  const Attributes attributes{{"learning_rate_multipliers", std::vector<double>{0.5}}};
  EXPECT_DOUBLE_EQ(descend("Sgd", attributes, {0.5}).weight, 1 - 0.025);
}

TEST(UpdateReference, AdamCountsFromAWeightsOwnFirstStep) {
  const Attributes plain{{"beta_1", 0.9}, {"beta_2", 0.999}, {"epsilon", 1e-3}};
  Attributes later = plain;
  later.set("first_steps", std::vector<std::int64_t>{-5});  // as if step 1 were the sixth
  const double correction = std::sqrt(1 - std::pow(0.999, 6)) / (1 - std::pow(0.9, 6));
  EXPECT_NEAR(descend("Adam", later, {0.5}).weight, 1 - 0.1 * correction * 0.05 / (std::sqrt(0.00025) + 1e-3), 1e-13);
}

TEST(UpdateReference, ChangesNothingWhenNotFinite) {
  for (const auto& [gradient, loss] :
       {std::pair{NAN, 0.0}, {INFINITY, 0.0}, {0.5, double{NAN}}, {0.5, double{INFINITY}}}) {
    const Result result = descend("Sgd", {}, {gradient}, loss);
    EXPECT_EQ(result.weight, 1);
    EXPECT_TRUE(std::isnan(result.norm));
  }
}

}  // namespace
}  // namespace thaw::reference
