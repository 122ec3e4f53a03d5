// Gradients of large dense weights that are never computed as a whole: the same steps, by the factors.
#include <gmock/gmock.h>

#include <cmath>

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

struct HeadCase {
  std::string name;
  std::string optimizer;
  Attributes attributes;
  std::int64_t samples = 5;
  /// Whether the rows of the large weight are another layer's: it lies as [units, values] then, else as [values,
  /// units].
  bool is_inner = false;
};

std::ostream& operator<<(std::ostream& out, const HeadCase& each) { return out << each.name; }

const Attributes kAdam{{"beta_1", 0.9}, {"beta_2", 0.999}, {"epsilon", 1e-3}};

Attributes with(Attributes attributes, const Attributes& more) {
  for (const auto& [name, value] : more.items()) attributes.set(name, value);
  return attributes;
}

const std::vector<double> kMultipliers{0.5, 1, 2}, kDecays{0.3, 0, 0.01};

const std::vector<HeadCase> kCases{
    {"Sgd", "Sgd", {}},
    {"SgdNesterov", "Sgd", {{"momentum", 0.9}, {"nesterov", std::int64_t{1}}}},
    {"SgdClippedByNorm", "Sgd", {{"clip_global_norm", 0.5}}},
    {"SgdClippedByValue", "Sgd", {{"momentum", 0.9}, {"clip_value", 0.01}}},
    {"SgdMultipliedAndDecayed", "Sgd", {{"learning_rate_multipliers", kMultipliers}, {"weight_decays", kDecays}}},
    {"RmsPropMomentum", "RmsProp", {{"rho", 0.9}, {"epsilon", 1e-3}, {"momentum", 0.9}}},
    {"Adam", "Adam", kAdam},
    {"AdamOneSample", "Adam", kAdam, 1},
    {"AdamManySamples", "Adam", kAdam, 33},
    {"AdamInner", "Adam", kAdam, 5, true},
    {"AdamInnerManySamples", "Adam", kAdam, 33, true},
    {"AdamClippedByNorm", "Adam", with(kAdam, {{"clip_global_norm", 0.5}})},
    {"AdamAll", "Adam",
     with(kAdam, {{"learning_rate_multipliers", kMultipliers},
                  {"weight_decays", kDecays},
                  {"first_steps", std::vector<std::int64_t>{1, 0, 0}}})},
};

// More than a million weights, in numbers that are a multiple of nothing.
constexpr std::int64_t kValues = 1043, kUnits = 1029;

/// x -> (dense, relu ->) dense of over a million weights, relu -> dense -> sum of squares, with its update.
struct Head {
  explicit Head(const HeadCase& each) : builder(graph, operators()) {
    const ValueId x = builder.input("x", {DType::kFloat32, {each.samples, each.is_inner ? 12 : kValues}});
    const ValueId rows = each.is_inner ? dense("first", x, kValues) : x;
    const ValueId last = builder.node("Gemm", {dense("large", rows, kUnits), weight("last", {3, kUnits})}, kGemm);
    loss = builder.node("ReduceSumSquare", {last}, {{"keepdims", std::int64_t{0}}});
    graph.mark_output(loss);
    fuse(graph, operators());
    gradients = differentiate(builder, loss);
    Attributes attributes = each.attributes;
    norm = reference::append_update(builder, each.optimizer, attributes, gradients, loss,
                                    slot_names(each.optimizer, attributes));
    graph.mark_output(norm);
  }

  static inline const Attributes kGemm{{"transB", std::int64_t{1}}};

  ValueId weight(const std::string& layer, const Shape& shape) { return builder.parameter(layer + "/kernel", shape); }

  ValueId dense(const std::string& layer, ValueId rows, std::int64_t units) {
    builder.enter(layer);
    const std::int64_t values = graph.value(rows).type.shape[1];
    const ValueId y = builder.node(
        "Gemm", {rows, weight(layer, {units, values}), builder.parameter(layer + "/bias", {units})}, kGemm);
    return builder.node("Relu", {y});
  }

  void factor() {
    fuse(graph, operators());
    verify(graph, operators(), "test");
  }

  reference::Feeds feeds() const {
    reference::Feeds found;
    for (std::size_t i = 0; i < graph.values().size(); ++i) {
      const Value& value = graph.values()[i];
      if (value.kind == ValueKind::kComputed) continue;
      const double scale = value.kind == ValueKind::kParameter ? 0.05 : 1;
      const double low = value.kind == ValueKind::kState ? 0 : -scale;
      const std::int64_t count = element_count(value.type.shape);
      found[static_cast<ValueId>(i)] =
          reference::random_values(count, 7 + i, low, value.kind == ValueKind::kState ? 1e-3 : scale);
      if (value.name == "step") found[static_cast<ValueId>(i)] = {3};
      if (value.name == "learning_rate") found[static_cast<ValueId>(i)] = {static_cast<float>(0.001)};
    }
    return found;
  }

  int count(const std::string& op) const {
    return static_cast<int>(
        std::count_if(graph.nodes().begin(), graph.nodes().end(), [&](const Node& node) { return node.op == op; }));
  }

  Graph graph;
  Builder builder;
  std::map<ValueId, ValueId> gradients;
  ValueId loss = kNoValue, norm = kNoValue;
};

std::vector<ValueId> stored(const Graph& graph, const reference::Feeds& feeds) {
  std::vector<ValueId> found;
  for (const auto& [id, numbers] : feeds) {
    if (graph.value(id).kind != ValueKind::kInput) found.push_back(id);
  }
  return found;
}

class FactoredGradientTest : public ::testing::TestWithParam<HeadCase> {};

TEST_P(FactoredGradientTest, GivesTheSameStepAsTheWholeGradient) {
  const Head plain(GetParam());
  Head factored(GetParam());
  factored.factor();
  ASSERT_EQ(factored.count("GemmGradWeight"), plain.count("GemmGradWeight") - 1);
  const reference::Feeds feeds = plain.feeds();
  const reference::Values expected = reference::evaluate(plain.graph, feeds);
  const reference::Values by_factors = reference::evaluate(factored.graph, feeds);
  for (const ValueId id : stored(plain.graph, feeds)) {
    EXPECT_EQ(by_factors.at(id).values, expected.at(id).values) << plain.graph.value(id).name;
  }
  constexpr double kReduction = 2000;
  for (const DeviceChoice& choice : devices()) {
    for (const Head* head : {&plain, static_cast<const Head*>(&factored)}) {
      SCOPED_TRACE(::testing::Message() << (head == &plain ? "whole" : "factored") << " on " << choice);
      ProgramRunner runner(head->graph, choice.open());
      runner.write_store(feeds);
      runner.run(feeds);
      EXPECT_TRUE(is_close(runner.read(head->norm), expected.at(head->norm), kReduction));
      for (const ValueId id : stored(head->graph, feeds)) {
        const Value& value = head->graph.value(id);
        EXPECT_TRUE(is_close(runner.read(id), expected.at(id), kReduction)) << value.name;
        if (value.name.ends_with("/kernel")) {
          EXPECT_NE(runner.read(id).values, feeds.at(id)) << value.name;
        }
      }
    }
  }
}

TEST_P(FactoredGradientTest, GivesTheSameBitsForAnyNumberOfThreads) {
  Head head(GetParam());
  head.factor();
  const reference::Feeds feeds = head.feeds();
  // The other kernels of a step may split their sums among threads: only the update is looked at.
  std::vector<std::map<ValueId, std::vector<double>>> found;
  const reference::Values values = reference::evaluate(head.graph, feeds);
  for (const DeviceChoice& choice : devices()) {
    Graph alone;
    std::map<ValueId, ValueId> copies;
    const Node& update = head.graph.nodes().back();
    Node copy = update;
    reference::Feeds given;
    for (ValueId& input : copy.inputs) {
      Value value = head.graph.value(input);
      if (value.kind == ValueKind::kComputed) value.kind = ValueKind::kInput;
      value.producer = -1;
      const auto [place, is_new] = copies.emplace(input, kNoValue);
      if (is_new) place->second = alone.add_value(value);
      given[place->second] =
          value.kind == ValueKind::kInput && feeds.count(input) == 0 ? values.at(input).values : feeds.at(input);
      input = place->second;
    }
    copy.outputs.clear();
    alone.mark_output(alone.add_node(copy, {{DType::kFloat32, {}}}).front());
    ProgramRunner runner(alone, choice.open());
    runner.write_store(given);
    runner.run(given);
    auto& bits = found.emplace_back();
    for (const auto& [original, id] : copies) {
      if (alone.value(id).kind != ValueKind::kInput) bits[original] = runner.read(id).values;
    }
    bits[head.norm] = runner.read(alone.outputs().front()).values;
  }
  EXPECT_EQ(found.at(0), found.at(1));
}

TEST_P(FactoredGradientTest, MovesNothingIfAFactorIsNotFinite) {
  for (const double poison : {std::nan(""), HUGE_VAL}) {
    for (const DeviceChoice& choice : devices()) {
      Head head(GetParam());
      head.factor();
      reference::Feeds feeds = head.feeds();
      feeds.at(head.graph.find("x")).back() = poison;
      ProgramRunner runner(head.graph, choice.open());
      runner.write_store(feeds);
      runner.run(feeds);
      EXPECT_TRUE(std::isnan(runner.read(head.norm).at(0))) << choice;
      for (const ValueId id : stored(head.graph, feeds)) {
        EXPECT_EQ(runner.read(id).values, feeds.at(id)) << head.graph.value(id).name << " on " << choice;
      }
    }
  }
}

TEST_P(FactoredGradientTest, IsCloseInBFloat16) {
  if (!has_bfloat16()) GTEST_SKIP() << kNoBFloat16;
  Head head(GetParam());
  head.factor();
  const reference::Feeds feeds = head.feeds();
  const reference::Values expected = reference::evaluate(head.graph, feeds);
  ProgramRunner runner(head.graph, devices().front().open(), Precision::kBFloat16);
  runner.write_store(feeds);
  runner.run(feeds);
  EXPECT_TRUE(is_close(runner.read(head.norm), expected.at(head.norm), 2000, kBFloat16Unit));
  const ValueId kernel = head.graph.find("large/kernel");
  EXPECT_TRUE(is_close(runner.read(kernel), expected.at(kernel), 2000, kBFloat16Unit));
}

INSTANTIATE_TEST_SUITE_P(Optimizers, FactoredGradientTest, ::testing::ValuesIn(kCases),
                         [](const auto& each) { return each.param.name; });

/// One weight [7, 5] whose gradient comes as factors of two samples.
struct SmallUpdate {
  SmallUpdate() : builder(graph, operators()) {
    const ValueId loss = builder.input("loss", {DType::kFloat32, {}});
    const ValueId rate = builder.input("learning_rate", {DType::kFloat32, {}});
    const ValueId step = builder.input("step", {DType::kInt32, {}});
    weight = builder.parameter("w", {7, 5});
    dy = builder.input("dy", {DType::kFloat32, {2, 7}});
    x = builder.input("x", {DType::kFloat32, {2, 5}});
    norm = builder.node(
        "Sgd", {loss, rate, step, weight, dy, x},
        {{"count", std::int64_t{1}}, {"factored", std::vector<std::int64_t>{0}}, {"nesterov", std::int64_t{0}}});
    graph.mark_output(norm);
    feeds[loss] = {0};
    feeds[rate] = {1};
    feeds[step] = {1};
    feeds[weight] = std::vector<double>(35, 0.0);
    feeds[dy] = std::vector<double>(14, 0.0);
    feeds[x] = std::vector<double>(10, 0.0);
  }
  Graph graph;
  Builder builder;
  ValueId weight = kNoValue, dy = kNoValue, x = kNoValue, norm = kNoValue;
  reference::Feeds feeds;
};

TEST(FactoredGradient, MovesNothingIfAProductOfFiniteFactorsOverflows) {
  for (const double largest : {1e20, 3e38}) {  // 1e40 and 9e76, which would be infinite in f32
    SmallUpdate update;
    update.feeds.at(update.dy)[3] = static_cast<float>(largest);
    update.feeds.at(update.x)[2] = static_cast<float>(largest);
    ProgramRunner runner(update.graph, devices().front().open());
    runner.write_store(update.feeds);
    runner.run(update.feeds);
    EXPECT_TRUE(std::isnan(runner.read(update.norm).at(0))) << largest;
    EXPECT_EQ(runner.read(update.weight).values, update.feeds.at(update.weight)) << largest;
  }
}

TEST(FactoredGradient, HasNormZeroWhereSamplesCancel) {
  SmallUpdate update;
  for (std::size_t i = 0; i < 7; ++i) {
    update.feeds.at(update.dy)[i] = static_cast<float>(0.1 * static_cast<double>(i + 1));
    update.feeds.at(update.dy)[7 + i] = -update.feeds.at(update.dy)[i];
  }
  for (std::size_t i = 0; i < 5; ++i) {
    update.feeds.at(update.x)[i] = update.feeds.at(update.x)[5 + i] = 0.25;  // so that no product is rounded
  }
  ProgramRunner runner(update.graph, devices().front().open());
  runner.write_store(update.feeds);
  runner.run(update.feeds);
  EXPECT_NEAR(runner.read(update.norm).at(0), 0, 1e-7);
  EXPECT_EQ(runner.read(update.weight).values, update.feeds.at(update.weight));
}

TEST(FactoredGradient, IsLeftAsItIsWhereTheWholeGradientIsWanted) {
  const HeadCase each{"", "Sgd", {}};
  Head head(each);
  head.graph.mark_output(head.gradients.at(head.graph.find("large/kernel")));
  const int before = head.count("GemmGradWeight");
  head.factor();
  EXPECT_EQ(head.count("GemmGradWeight"), before);
}

TEST(FactoredGradient, IsLeftAsItIsForManySamples) {
  for (const auto& [samples, fewer] : {std::pair<std::int64_t, int>{128, 1}, {129, 0}}) {
    Head head({"", "Sgd", {}, samples});
    const int before = head.count("GemmGradWeight");
    head.factor();
    EXPECT_EQ(head.count("GemmGradWeight"), before - fewer) << samples;
  }
}

TEST(FactoredGradient, SumsTheBiasGradientByItself) {
  Head head({"", "Adam", kAdam});
  EXPECT_EQ(head.count("ReduceSum"), 0);
  head.factor();
  EXPECT_EQ(head.count("ReduceSum"), 1);
  const UpdateInputs inputs = UpdateInputs::of(head.graph.nodes().back());
  EXPECT_THAT(inputs.rows, ::testing::ElementsAre(head.graph.find("x"), kNoValue, kNoValue));
}

}  // namespace
}  // namespace thaw
