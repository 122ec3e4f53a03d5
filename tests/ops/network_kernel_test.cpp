// Whole networks on every device: layouts handed from kernel to kernel, tensors that share the arena.
#include <gtest/gtest.h>

#include <cmath>

#include "graph/passes/differentiate.h"
#include "graph/passes/rewrite.h"
#include "graph/verify.h"
#include "ops/catalogue.h"
#include "tests/ops/devices.h"
#include "tests/ops/kernel_check.h"
#include "tests/reference/networks.h"

namespace thaw {
namespace {

using reference::NetworkOptions;

struct NetworkCase {
  std::string name;
  NetworkOptions options;
};

std::ostream& operator<<(std::ostream& out, const NetworkCase& each) { return out << each.name; }

/// Forward and backward of the network as it will be run: fused, differentiated, fused again.
struct BuiltNetwork {
  explicit BuiltNetwork(NetworkOptions options, bool is_fused = true) : builder(graph, operators()) {
    options.has_loss_on_probabilities = is_fused;
    network = reference::build_localization(builder, options);
    graph.mark_output(network.probabilities);
    graph.mark_output(network.predicted_box);
    if (is_fused) fuse(graph, operators());
    for (const auto& [parameter, gradient] : differentiate(builder, network.loss)) graph.mark_output(gradient);
    if (is_fused) fuse(graph, operators());
    remove_dead(graph, operators());
    verify(graph, operators(), "test");
    feeds = reference::network_feeds(graph, options, 11);
  }

  Graph graph;
  Builder builder;
  reference::Network network{};
  reference::Feeds feeds;
};

class NetworkKernelTest : public ::testing::TestWithParam<NetworkCase> {};

TEST_P(NetworkKernelTest, FusedMatchesTheReference) {
  const BuiltNetwork built(GetParam().options);
  for (const DeviceChoice& choice : devices()) {
    SCOPED_TRACE(::testing::Message() << "on " << choice);
    expect_chain_close(built.graph, built.feeds, choice.open());
  }
}

TEST_P(NetworkKernelTest, AsWrittenMatchesTheReference) {
  const BuiltNetwork built(GetParam().options, false);
  for (const DeviceChoice& choice : devices()) {
    SCOPED_TRACE(::testing::Message() << "on " << choice);
    expect_chain_close(built.graph, built.feeds, choice.open());
  }
}

TEST_P(NetworkKernelTest, EveryValueMatchesWhereItIsComputed) {
  BuiltNetwork built(GetParam().options);
  for (const Node& node : built.graph.nodes()) {
    for (const ValueId output : node.outputs) built.graph.mark_output(output);
  }
  expect_chain_close(built.graph, built.feeds, devices().front().open());
}

TEST_P(NetworkKernelTest, ReuseOfMemoryChangesNothing) {
  const BuiltNetwork built(GetParam().options);
  Graph kept = built.graph;  // every value an output: nothing is overwritten, nothing is in place
  for (const Node& node : kept.nodes()) {
    for (const ValueId output : node.outputs) kept.mark_output(output);
  }
  for (const DeviceChoice& choice : devices()) {
    const std::shared_ptr<Device> device = choice.open();
    ProgramRunner frugal(built.graph, device), lavish(kept, device);
    for (ProgramRunner* runner : {&frugal, &lavish}) {
      runner->write_store(built.feeds);
      runner->run(built.feeds);
    }
    EXPECT_LT(frugal.program().stats().arena_bytes, lavish.program().stats().arena_bytes);
    for (const ValueId output : built.graph.outputs()) {
      EXPECT_EQ(frugal.read(output).values, lavish.read(output).values)
          << built.graph.value(output).name << " on " << choice << "\n"
          << frugal.program().text();
    }
  }
}

TEST_P(NetworkKernelTest, ASecondRunGivesTheSameBits) {
  const BuiltNetwork built(GetParam().options);
  for (const DeviceChoice& choice : devices()) {
    ProgramRunner runner(built.graph, choice.open());
    runner.write_store(built.feeds);
    std::vector<std::vector<double>> first;
    runner.run(built.feeds);
    for (const ValueId output : built.graph.outputs()) first.push_back(runner.read(output).values);
    runner.run(built.feeds);
    for (std::size_t i = 0; i < first.size(); ++i) {
      EXPECT_EQ(runner.read(built.graph.outputs()[i]).values, first[i]) << choice;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Localization, NetworkKernelTest,
    ::testing::Values(
        NetworkCase{"Mnist28", {.batch = 5, .size = 28, .filters = {16, 32}, .units = 32}},
        NetworkCase{"Batch1", {.batch = 1, .size = 28, .filters = {16, 32}, .units = 32}},
        NetworkCase{"Channels3To17",
                    {.batch = 5, .channels = 3, .size = 22, .extra_width = 3, .filters = {17, 33}, .units = 17}},
        NetworkCase{"Channels1To1", {.batch = 2, .size = 22, .filters = {1, 1}, .units = 3}},
        NetworkCase{"Channels16To3", {.batch = 2, .channels = 16, .size = 22, .filters = {3, 16}, .units = 16}},
        NetworkCase{"Max", {.batch = 5, .size = 28, .filters = {16, 17}, .units = 32, .pool = "MaxPool"}},
        NetworkCase{"Tanh", {.batch = 2, .size = 22, .filters = {17, 16}, .units = 32, .activation = "Tanh"}},
        NetworkCase{"Sigmoid", {.batch = 2, .size = 22, .filters = {17, 16}, .units = 32, .activation = "Sigmoid"}},
        NetworkCase{"Smoothed", {.batch = 5, .size = 22, .filters = {16, 16}, .units = 32, .label_smoothing = 0.1}},
        NetworkCase{"TheMissionsOwn", {.batch = 2}}),
    [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace thaw
