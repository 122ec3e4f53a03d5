// Three whole training steps on every device against three in the f64 reference: weights, slots, norm and loss.
#include <gmock/gmock.h>

#include <cmath>
#include <cstring>

#include "graph/passes/differentiate.h"
#include "graph/passes/rewrite.h"
#include "graph/verify.h"
#include "ops/catalogue.h"
#include "ops/update/update.h"
#include "tests/ops/devices.h"
#include "tests/ops/kernel_check.h"
#include "tests/reference/networks.h"
#include "tests/reference/random.h"

namespace thaw {
namespace {

using reference::NetworkOptions;

struct TrainingCase {
  std::string name;
  std::string optimizer;
  Attributes attributes;
};

std::ostream& operator<<(std::ostream& out, const TrainingCase& each) { return out << each.name; }

// Epsilon is larger than Keras's default: with 1e-7, Adam turns a gradient of rounding noise into a full step.
const std::vector<TrainingCase> kCases{
    {"Sgd", "Sgd", {}},
    {"SgdMomentum", "Sgd", {{"momentum", 0.9}}},
    {"SgdNesterov", "Sgd", {{"momentum", 0.9}, {"nesterov", std::int64_t{1}}}},
    {"SgdClippedByNorm", "Sgd", {{"clip_global_norm", 0.5}}},
    {"SgdClippedByNormBeyond", "Sgd", {{"clip_global_norm", 1e6}}},
    {"SgdClippedByValue", "Sgd", {{"momentum", 0.5}, {"clip_value", 0.02}}},
    {"RmsProp", "RmsProp", {{"rho", 0.9}, {"epsilon", 1e-3}}},
    {"RmsPropMomentum", "RmsProp", {{"rho", 0.9}, {"epsilon", 1e-3}, {"momentum", 0.9}}},
    {"Adam", "Adam", {{"beta_1", 0.9}, {"beta_2", 0.999}, {"epsilon", 1e-3}}},
    {"AdamClippedByNorm", "Adam", {{"beta_1", 0.9}, {"beta_2", 0.999}, {"epsilon", 1e-3}, {"clip_global_norm", 0.5}}},
    {"AdamClippedByValue", "Adam", {{"beta_1", 0.8}, {"beta_2", 0.99}, {"epsilon", 1e-3}, {"clip_value", 0.02}}},
};

/// The network with its update, as the runner will run it.
struct TrainingStep {
  explicit TrainingStep(const TrainingCase& training, const NetworkOptions& options) {
    Builder builder(graph, operators());
    NetworkOptions unfused = options;
    unfused.has_loss_on_probabilities = true;
    network = reference::build_localization(builder, unfused);
    fuse(graph, operators());
    const auto gradients = differentiate(builder, network.loss);
    norm = reference::append_update(builder, training.optimizer, training.attributes, gradients, network.loss,
                                    slot_names(training.optimizer, training.attributes));
    graph.mark_output(norm);
    fuse(graph, operators());
    verify(graph, operators(), "test");
    feeds = reference::network_feeds(graph, options, 17);
  }

  /// What step t is fed with: fresh pictures, the last row of the batch of weight 0 at every second step.
  void feed(int t) {
    const auto seed = static_cast<std::uint64_t>(1000 * t);
    feeds[network.image] = reference::random_values(element_count(graph.value(network.image).type.shape), seed, 0, 1);
    feeds[network.box] = reference::random_values(element_count(graph.value(network.box).type.shape), seed + 1, 0, 1);
    feeds[network.sample_weights].back() = t % 2;
    feeds[graph.find("step")] = {static_cast<double>(t)};
  }

  /// Values that outlive a step.
  std::vector<ValueId> stored() const {
    std::vector<ValueId> found;
    for (const auto& [id, numbers] : feeds) {
      if (graph.value(id).kind != ValueKind::kInput) found.push_back(id);
    }
    return found;
  }

  Graph graph;
  reference::Network network{};
  ValueId norm = kNoValue;
  reference::Feeds feeds;
};

const NetworkOptions kNetwork{.batch = 5, .channels = 3, .size = 22, .filters = {17, 33}, .units = 18};
constexpr double kReduction = 2000;  // the longest sum: the first kernel's gradient, over batch and picture

/// Sum of squares of all floats the entry holds, padding included.
double raw_square_sum(const ParameterStore::Entry& entry) {
  std::vector<float> raw(entry.memory->bytes() / sizeof(float));
  std::memcpy(raw.data(), entry.memory->data(), raw.size() * sizeof(float));
  double sum = 0;
  for (const float value : raw) sum += static_cast<double>(value) * value;
  return sum;
}

class TrainingTest : public ::testing::TestWithParam<TrainingCase> {};

TEST_P(TrainingTest, ThreeStepsMatchTheReference) {
  for (const DeviceChoice& choice : devices()) {
    TrainingStep step(GetParam(), kNetwork);
    ProgramRunner runner(step.graph, choice.open());
    runner.write_store(step.feeds);
    for (int t = 1; t <= 3; ++t) {
      SCOPED_TRACE(::testing::Message() << "step " << t << " on " << choice);
      step.feed(t);
      const reference::Values expected = reference::evaluate(step.graph, step.feeds);
      runner.run(step.feeds);
      EXPECT_TRUE(is_close(runner.read(step.network.loss), expected.at(step.network.loss), kReduction));
      EXPECT_TRUE(is_close(runner.read(step.norm), expected.at(step.norm), kReduction));
      for (const ValueId id : step.stored()) {
        EXPECT_TRUE(is_close(runner.read(id), expected.at(id), kReduction)) << step.graph.value(id).name;
        EXPECT_NE(expected.at(id).values, step.feeds.at(id)) << step.graph.value(id).name << " is not updated at all";
        step.feeds[id] = expected.at(id).values;
      }
    }
  }
}

TEST_P(TrainingTest, PaddingOfBlockedWeightsStaysZero) {
  const DeviceChoice& choice = devices().front();
  TrainingStep step(GetParam(), kNetwork);
  ProgramRunner runner(step.graph, choice.open());
  runner.write_store(step.feeds);
  bool has_padding = false;
  for (int t = 1; t <= 3; ++t) {
    step.feed(t);
    runner.run(step.feeds);
  }
  for (const ValueId id : step.stored()) {
    const auto& entry = runner.store().get(step.graph.value(id).name);
    double sum = 0;
    for (const double value : runner.read(id).values) sum += value * value;
    EXPECT_NEAR(raw_square_sum(entry), sum, 1e-9 * sum) << step.graph.value(id).name << " " << entry.layout->text();
    has_padding = has_padding || entry.layout->bytes() > static_cast<std::size_t>(byte_count(entry.type));
  }
  EXPECT_TRUE(has_padding) << "17 and 33 channels no longer pad: choose others";
}

TEST_P(TrainingTest, NothingMovesWhenTheLossIsNotFinite) {
  for (const double poison : {std::nan(""), HUGE_VAL}) {
    for (const DeviceChoice& choice : devices()) {
      TrainingStep step(GetParam(), kNetwork);
      ProgramRunner runner(step.graph, choice.open());
      runner.write_store(step.feeds);
      step.feed(1);
      runner.run(step.feeds);
      std::map<ValueId, std::vector<double>> before;
      for (const ValueId id : step.stored()) before[id] = runner.read(id).values;
      step.feed(2);
      step.feeds[step.network.box][3] = poison;
      runner.run(step.feeds);
      EXPECT_TRUE(std::isnan(runner.read(step.norm).at(0)));
      EXPECT_FALSE(std::isfinite(runner.read(step.network.loss).at(0)));
      for (const ValueId id : step.stored()) {
        EXPECT_EQ(runner.read(id).values, before.at(id)) << step.graph.value(id).name << " on " << choice;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Optimizers, TrainingTest, ::testing::ValuesIn(kCases),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace thaw
