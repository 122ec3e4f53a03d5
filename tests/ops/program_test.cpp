// Programs: binding, sharing of stores and arenas, and what they refuse.
#include "ops/program.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>

#include "graph/builder.h"
#include "ops/catalogue.h"
#include "schemas/diagnostic.h"
#include "tests/graph/message_of.h"
#include "tests/ops/devices.h"
#include "tests/ops/kernel_check.h"
#include "tests/reference/networks.h"

namespace thaw {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ProgramTest : public ::testing::Test {
 protected:
  std::unique_ptr<Program> bind(const Graph& graph) {
    return std::make_unique<Program>(std::make_shared<Graph>(graph), device_, store_,
                                     Program::Options{.arena = arena_});
  }
  std::vector<float> read(const Program& program, ValueId id) {
    std::vector<float> host(static_cast<std::size_t>(element_count(program.graph().value(id).type.shape)));
    program.get(id, host.data());
    return host;
  }

  std::shared_ptr<Device> device_ = make_cpu_device(1);
  std::shared_ptr<ParameterStore> store_ = std::make_shared<ParameterStore>(device_);
  std::shared_ptr<Arena> arena_ = std::make_shared<Arena>(device_);
  Graph graph_;
  Builder builder_{graph_, operators()};
};

TEST_F(ProgramTest, RunsAsOftenAsAsked) {
  const ValueId x = builder_.input("x", {DType::kFloat32, {3}});
  const ValueId y = builder_.node("Relu", {builder_.node("Add", {x, x})});
  graph_.mark_output(y);
  const auto program = bind(graph_);
  for (const float sign : {1.0F, -1.0F}) {
    const std::vector<float> host{sign, 2 * sign, -sign};
    program->set_input(x, host.data());
    program->run();
    EXPECT_THAT(read(*program, y), sign > 0 ? ElementsAre(2, 4, 0) : ElementsAre(0, 0, 2));
  }
  EXPECT_EQ(program->stats().kernels, 2);
  EXPECT_EQ(program->stats().reorders, 0);
}

TEST_F(ProgramTest, WhatDependsOnWeightsAloneIsComputedOnceForEachChangeOfThem) {
  const ValueId x = builder_.input("x", {DType::kFloat32, {3}});
  const ValueId a = builder_.parameter("a", {3}), b = builder_.parameter("b", {3});
  const ValueId sum = builder_.node("Tanh", {builder_.node("Add", {a, b})});
  const ValueId y = builder_.node("Add", {x, builder_.node("Relu", {sum})});
  graph_.mark_output(y);
  graph_.mark_output(sum);
  Program program(std::make_shared<Graph>(graph_), device_, store_, {.is_training = false, .arena = arena_});
  EXPECT_EQ(program.stats().constants, 3);
  EXPECT_EQ(program.stats().kernels, 4);
  EXPECT_GT(program.stats().constant_bytes, 0u);
  const std::vector<float> ones(3, 1.0F);
  for (const float weight : {0.0F, 1e3F}) {
    store_->write("a", {weight, 0, 0});
    for (int run = 0; run < 2; ++run) {
      std::memset(arena_->data(), 0xFF, arena_->bytes());
      program.set_input(x, ones.data());
      program.run();
      EXPECT_THAT(read(program, y), ElementsAre(weight > 0 ? 2 : 1, 1, 1));
      EXPECT_THAT(read(program, sum), ElementsAre(weight > 0 ? 1 : 0, 0, 0));
    }
  }
}

TEST_F(ProgramTest, ATrainingProgramTakesNoWeightForConstant) {
  const ValueId a = builder_.parameter("a", {3});
  graph_.mark_output(builder_.node("Tanh", {a}));
  EXPECT_EQ(bind(graph_)->stats().constants, 0);
}

TEST_F(ProgramTest, AnInputThatNobodyReadsIsIgnored) {
  const ValueId x = builder_.input("x", {DType::kFloat32, {1}});
  const ValueId unread = builder_.input("unread", {DType::kFloat32, {1000}});
  graph_.mark_output(builder_.node("Relu", {x}));
  const auto program = bind(graph_);
  const std::vector<float> host(1000, 1.0F);
  program->set_input(unread, host.data());
  program->set_input(x, host.data());
  program->run();
  EXPECT_THAT(read(*program, graph_.outputs()[0]), ElementsAre(1));
}

TEST_F(ProgramTest, SaysWhatItCannotRunOrRead) {
  const ValueId x = builder_.input("x", {DType::kFloat32, {2, 3}});
  const ValueId unread = builder_.input("unread", {DType::kFloat32, {1}});
  const ValueId label = builder_.input("label", {DType::kInt32, {2}});
  graph_.mark_output(builder_.node("Relu", {x}));
  const auto program = bind(graph_);
  float host[1];
  EXPECT_EQ(message_of<InternalError>([&] { program->get(unread, host); }), "value unread is not computed");
  builder_.enter("loss");
  builder_.node("CrossEntropyLoss", {x, label});
  EXPECT_EQ(message_of<InternalError>([&] { bind(graph_); }), "loss/CrossEntropyLoss: no kernel on cpu");
}

TEST_F(ProgramTest, SharesItsArenaAndItsWeights) {
  // Two programs of one network, as training and evaluation are: other batches, the same weights, in turn.
  const reference::NetworkOptions small{.batch = 2, .size = 22, .filters = {17, 16}, .units = 8};
  reference::NetworkOptions large = small;
  large.batch = 7;
  std::vector<Graph> graphs(2);
  std::vector<reference::Network> networks;
  for (const bool is_large : {false, true}) {
    Builder builder(graphs[is_large], operators());
    networks.push_back(reference::build_localization(builder, is_large ? large : small));
    graphs[is_large].mark_output(networks.back().probabilities);
  }
  const std::vector<std::unique_ptr<Program>> programs = [&] {
    std::vector<std::unique_ptr<Program>> both;
    for (const Graph& graph : graphs) both.push_back(bind(graph));
    return both;
  }();
  const reference::Feeds weights = reference::network_feeds(graphs[0], small, 5);
  for (const ValueId id : graphs[0].parameters()) {
    const std::vector<double>& numbers = weights.at(id);
    store_->write(graphs[0].value(id).name, {numbers.begin(), numbers.end()});
  }
  EXPECT_EQ(arena_->bytes(), std::max(programs[0]->stats().arena_bytes, programs[1]->stats().arena_bytes));
  for (int turn = 0; turn < 2; ++turn) {
    for (const bool is_large : {true, false}) {
      reference::Feeds feeds = reference::network_feeds(graphs[is_large], is_large ? large : small, 40);
      for (const ValueId id : graphs[is_large].parameters()) feeds[id] = weights.at(id);
      for (const auto& [id, numbers] : feeds) {
        const std::vector<float> host(numbers.begin(), numbers.end());
        if (id == networks[is_large].image) programs[is_large]->set_input(id, host.data());
      }
      programs[is_large]->run();
      const ValueId output = networks[is_large].probabilities;
      const auto found = read(*programs[is_large], output);
      const reference::Values expected = reference::evaluate(graphs[is_large], feeds);
      EXPECT_TRUE(is_close({expected.at(output).shape, {found.begin(), found.end()}}, expected.at(output), 500));
    }
  }
}

TEST_F(ProgramTest, FindsTheFirstValueThatIsNotFinite) {
  const ValueId x = builder_.input("x", {DType::kFloat32, {2}});
  const ValueId w = builder_.input("w", {DType::kFloat32, {2}});
  const ValueId sum = builder_.node("Add", {x, x});
  const ValueId bad = builder_.node("Add", {sum, w});
  graph_.mark_output(builder_.node("Tanh", {bad}));
  const auto program = bind(graph_);
  const auto find = [&](float value) {
    const std::vector<float> ones{1, 1}, host{1, value};
    program->set_input(x, ones.data());
    program->set_input(w, host.data());
    return program->run_and_find_non_finite();
  };
  EXPECT_EQ(find(2), std::nullopt);
  EXPECT_EQ(find(std::nanf("")), bad);
  EXPECT_EQ(find(HUGE_VALF), bad);
}

TEST_F(ProgramTest, MeasuresPhases) {
  const ValueId x = builder_.input("x", {DType::kFloat32, {2}});
  const ValueId y = builder_.node("Relu", {x});
  builder_.enter("back", Phase::kBackward);
  graph_.mark_output(builder_.node("Relu", {y}));
  const auto program = bind(graph_);
  program->run();
  EXPECT_GT(program->phase_seconds()[static_cast<std::size_t>(Phase::kForward)], 0);
  EXPECT_GT(program->phase_seconds()[static_cast<std::size_t>(Phase::kBackward)], 0);
  EXPECT_EQ(program->phase_seconds()[static_cast<std::size_t>(Phase::kUpdate)], 0);
  program->reset_phase_seconds();
  EXPECT_EQ(program->phase_seconds(), PhaseSeconds{});
}

TEST_F(ProgramTest, TextNamesKernelsAndLayouts) {
  const ValueId x = builder_.input("x", {DType::kFloat32, {2, 3}});
  builder_.enter("first");
  graph_.mark_output(builder_.node("Tanh", {x}));
  EXPECT_THAT(bind(graph_)->text(), HasSubstr("first/Tanh: first/Tanh[ab]@0 <- x[ab]@0"));
}

TEST_F(ProgramTest, StoreSaysWhatItLacks) {
  EXPECT_EQ(message_of<InternalError>([&] { store_->get("w"); }), "no parameter is called w");
  const TensorType type{DType::kFloat32, {2, 3}};
  store_->add("w", type, device_->plain_layout(type), false);
  EXPECT_EQ(message_of<InternalError>([&] { store_->add("w", type, device_->plain_layout(type), false); }),
            "parameter w exists already");
  EXPECT_EQ(message_of<InternalError>([&] {
              store_->write("w", {1, 2});
            }),
            "parameter w has another number of elements");
  EXPECT_THAT(store_->read("w"), ::testing::Each(0.0F));
  EXPECT_THAT(store_->names(), ElementsAre("w"));
  EXPECT_GE(store_->bytes(), 24u);
}

TEST_F(ProgramTest, ArenaCannotGrowOnceItIsUsed) {
  arena_->reserve(100);
  EXPECT_NE(arena_->data(), nullptr);
  arena_->reserve(1 << 20);
  EXPECT_EQ(message_of<InternalError>([&] { arena_->data(); }), "the arena was reserved too late");
}

}  // namespace
}  // namespace thaw
