// The optimizers' kernels alone, one step from given weights, gradients and slots.
#include "ops/update/update.h"

#include <gtest/gtest.h>

#include <cmath>

#include "ops/catalogue.h"
#include "tests/ops/devices.h"
#include "tests/ops/kernel_check.h"
#include "tests/reference/networks.h"
#include "tests/reference/random.h"

namespace thaw {
namespace {

struct UpdateCase {
  std::string name;
  std::string op;
  Attributes attributes;
  double gradient_size = 1;
  double first_step = 1;  ///< the first one that is checked
};

std::ostream& operator<<(std::ostream& out, const UpdateCase& each) { return out << each.name; }

// By weight, as kShapes.
const std::vector<double> kMultipliers{1, 0.1, 0, 2.5}, kDecays{0.3, 0, 0.01, 0.05};

const std::vector<UpdateCase> kCases{
    {"Sgd", "Sgd", {}},
    {"SgdMomentum", "Sgd", {{"momentum", 0.9}}},
    {"SgdNesterov", "Sgd", {{"momentum", 0.9}, {"nesterov", std::int64_t{1}}}},
    {"SgdClippedByNorm", "Sgd", {{"clip_global_norm", 0.5}}},
    {"SgdClippedByValue", "Sgd", {{"clip_value", 0.25}}},
    {"RmsProp", "RmsProp", {{"rho", 0.9}, {"epsilon", 1e-7}}},
    {"RmsPropMomentum", "RmsProp", {{"rho", 0.99}, {"epsilon", 1e-7}, {"momentum", 0.9}}},
    {"Adam", "Adam", {{"beta_1", 0.9}, {"beta_2", 0.999}, {"epsilon", 1e-7}}},
    {"AdamSlow", "Adam", {{"beta_1", 0.99}, {"beta_2", 0.9999}, {"epsilon", 1e-7}}},
    {"AdamClippedByNorm", "Adam", {{"beta_1", 0.9}, {"beta_2", 0.999}, {"epsilon", 1e-7}, {"clip_global_norm", 1.5}}},
    {"AdamTinyGradients", "Adam", {{"beta_1", 0.9}, {"beta_2", 0.999}, {"epsilon", 1e-7}}, 1e-12},
    {"SgdDecayed", "Sgd", {{"weight_decays", kDecays}}},
    {"SgdClippedThenDecayed", "Sgd", {{"clip_value", 0.25}, {"weight_decays", kDecays}}},
    {"SgdMultiplied", "Sgd", {{"momentum", 0.9}, {"learning_rate_multipliers", kMultipliers}}},
    {"SgdAll",
     "Sgd",
     {{"momentum", 0.9},
      {"nesterov", std::int64_t{1}},
      {"learning_rate_multipliers", kMultipliers},
      {"weight_decays", kDecays}}},
    {"RmsPropAll",
     "RmsProp",
     {{"rho", 0.9}, {"epsilon", 1e-7}, {"learning_rate_multipliers", kMultipliers}, {"weight_decays", kDecays}}},
    {"AdamDecayed", "Adam", {{"beta_1", 0.9}, {"beta_2", 0.999}, {"epsilon", 1e-7}, {"weight_decays", kDecays}}},
    {"AdamReleasedLater",
     "Adam",
     {{"beta_1", 0.9},
      {"beta_2", 0.999},
      {"epsilon", 1e-7},
      {"learning_rate_multipliers", kMultipliers},
      {"weight_decays", kDecays},
      {"first_steps", std::vector<std::int64_t>{0, 99, 7, 0}}},
     1,
     100},
};

// One element; an odd number; more than a thread takes at a time, and not a multiple of anything.
const std::vector<Shape> kShapes{{1}, {17, 3, 3, 3}, {33}, {131, 257}};

struct BuiltUpdate {
  explicit BuiltUpdate(const UpdateCase& update) {
    Builder builder(graph, operators());
    const ValueId loss = builder.input("loss", {DType::kFloat32, {}});
    std::map<ValueId, ValueId> gradients;
    for (std::size_t i = 0; i < kShapes.size(); ++i) {
      const std::string name = "weight_" + std::to_string(i);
      const ValueId weight = builder.parameter(name, kShapes[i]);
      gradients[weight] = builder.input(name + "/gradient", {DType::kFloat32, kShapes[i]});
    }
    norm = reference::append_update(builder, update.op, update.attributes, gradients, loss,
                                    slot_names(update.op, update.attributes));
    graph.mark_output(norm);
    for (std::size_t i = 0; i < graph.values().size(); ++i) fill(update, static_cast<ValueId>(i));
  }

  void fill(const UpdateCase& update, ValueId id) {
    const Value& value = graph.value(id);
    if (value.kind == ValueKind::kComputed) return;
    const bool is_gradient = value.name.find("/gradient") != std::string::npos;
    const double low = value.kind == ValueKind::kState ? 0 : -1;  // slots of squares are never negative
    feeds[id] = reference::random_values(element_count(value.type.shape), 50 + static_cast<std::uint64_t>(id), low, 1);
    for (double& number : feeds[id]) {
      if (is_gradient) number = static_cast<float>(number * update.gradient_size);
      // So that the result is the move, to its last bit; what decays must not be 0.
      if (value.kind == ValueKind::kParameter && !update.attributes.has("weight_decays")) number = 0;
    }
    if (value.name == "step") feeds[id] = {1};
    if (value.name == "learning_rate") feeds[id] = {static_cast<float>(0.01)};
  }

  Graph graph;
  ValueId norm = kNoValue;
  reference::Feeds feeds;
};

class UpdateKernelTest : public ::testing::TestWithParam<UpdateCase> {};

TEST_P(UpdateKernelTest, MatchesTheReference) {
  for (const DeviceChoice& choice : devices()) {
    for (const double after : {0.0, 1.0, 999.0, 999999.0}) {
      const double t = GetParam().first_step + after;
      SCOPED_TRACE(::testing::Message() << GetParam().name << " at step " << t << " on " << choice);
      BuiltUpdate built(GetParam());
      built.feeds[built.graph.find("step")] = {t};
      const reference::Values expected = reference::evaluate(built.graph, built.feeds);
      ProgramRunner runner(built.graph, choice.open());
      runner.write_store(built.feeds);
      runner.run(built.feeds);
      EXPECT_TRUE(is_close(runner.read(built.norm), expected.at(built.norm), 1));
      for (const auto& [id, numbers] : built.feeds) {
        if (built.graph.value(id).kind == ValueKind::kInput) continue;
        EXPECT_TRUE(is_close(runner.read(id), expected.at(id), 1)) << built.graph.value(id).name;
      }
    }
  }
}

TEST_P(UpdateKernelTest, OneGradientThatIsNotFiniteStopsAll) {
  for (const double poison : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
    for (const DeviceChoice& choice : devices()) {
      BuiltUpdate built(GetParam());
      built.feeds.at(built.graph.find("weight_3/gradient")).back() = poison;
      ProgramRunner runner(built.graph, choice.open());
      runner.write_store(built.feeds);
      runner.run(built.feeds);
      EXPECT_TRUE(std::isnan(runner.read(built.norm).at(0))) << choice;
      for (const auto& [id, numbers] : built.feeds) {
        if (built.graph.value(id).kind == ValueKind::kInput) continue;
        EXPECT_EQ(runner.read(id).values, numbers) << built.graph.value(id).name << " on " << choice;
      }
    }
  }
}

TEST_P(UpdateKernelTest, ALossThatIsNotFiniteStopsAll) {  // though every gradient is finite
  for (const double poison : {std::nan(""), HUGE_VAL}) {
    BuiltUpdate built(GetParam());
    built.feeds.at(built.graph.find("loss")) = {poison};
    ProgramRunner runner(built.graph, devices().front().open());
    runner.write_store(built.feeds);
    runner.run(built.feeds);
    EXPECT_TRUE(std::isnan(runner.read(built.norm).at(0)));
    for (const auto& [id, numbers] : built.feeds) {
      if (built.graph.value(id).kind == ValueKind::kInput) continue;
      EXPECT_EQ(runner.read(id).values, numbers) << built.graph.value(id).name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Optimizers, UpdateKernelTest, ::testing::ValuesIn(kCases),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace thaw
