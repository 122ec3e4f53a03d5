// Third witness: how PyTorch trains the same network from the same weights, in f64 (torch_trace.py made the numbers).
#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "graph/passes/differentiate.h"
#include "ops/catalogue.h"
#include "ops/update/update.h"
#include "tests/reference/networks.h"

namespace thaw::reference {
namespace {

struct Optimizer {
  std::string op;
  double learning_rate;
  Attributes attributes;
};

const std::map<std::string, Optimizer> kOptimizers{
    {"sgd", {"Sgd", 0.05, {}}},
    {"sgd_clipped", {"Sgd", 0.05, {{"clip_global_norm", 0.3}}}},
    {"sgd_momentum", {"Sgd", 0.02, {{"momentum", 0.9}}}},
    {"sgd_nesterov", {"Sgd", 0.02, {{"momentum", 0.9}, {"nesterov", std::int64_t{1}}}}},
    {"rms_prop", {"RmsProp", 0.002, {{"rho", 0.9}, {"epsilon", 1e-60}}}},
    {"rms_prop_momentum", {"RmsProp", 0.002, {{"rho", 0.9}, {"epsilon", 1e-60}, {"momentum", 0.5}}}},
    {"adam", {"Adam", 0.005, {{"beta_1", 0.9}, {"beta_2", 0.999}, {"epsilon", 1e-30}}}},
};

/// The script's numbers: element i is scale * sin(0.7391 i + number).
std::vector<double> wave(double number, double scale, const Shape& shape) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < element_count(shape); ++i) {
    values.push_back(scale * std::sin(0.7391 * static_cast<double>(i) + number));
  }
  return values;
}

Feeds first_feeds(const Graph& graph, const Network& network, double learning_rate) {
  const auto shape = [&](ValueId id) { return graph.value(id).type.shape; };
  Feeds feeds{{network.image, wave(1, 1, shape(network.image))},
              {network.label, {1, 4, 0}},
              {network.box, wave(2, 0.5, shape(network.box))},
              {network.sample_weights, {1, 0.5, 0.25}},
              {graph.find("learning_rate"), {learning_rate}}};
  int number = 10;
  for (const ValueId id : graph.parameters()) {
    feeds[id] = wave(number++, shape(id).size() > 1 ? 0.4 : 0.1, shape(id));
  }
  for (std::size_t i = 0; i < graph.values().size(); ++i) {
    const auto id = static_cast<ValueId>(i);
    if (graph.value(id).kind == ValueKind::kState) feeds[id] = wave(0, 0, shape(id));
  }
  return feeds;
}

std::vector<double> train(const NetworkOptions& options, const Optimizer& optimizer, std::size_t steps) {
  Graph graph;
  Builder builder(graph, operators());
  const Network network = build_localization(builder, options);
  append_update(builder, optimizer.op, optimizer.attributes, differentiate(builder, network.loss), network.loss,
                slot_names(optimizer.op, optimizer.attributes));
  Feeds feeds = first_feeds(graph, network, optimizer.learning_rate);
  std::vector<double> losses;
  for (std::size_t t = 1; t <= steps; ++t) {
    feeds[graph.find("step")] = {static_cast<double>(t)};
    const Values values = evaluate(graph, feeds);
    for (auto& [id, numbers] : feeds) numbers = values.at(id).values;
    losses.push_back(values.at(network.loss).at(0));
  }
  return losses;
}

TEST(TorchTrace, TheReferenceTrainsAsPyTorchDoes) {
  const auto golden = nlohmann::json::parse(std::ifstream(THAW_SOURCE_DIR "/tests/reference/torch_trace.json"));
  for (const auto& trace : golden.at("traces")) {
    SCOPED_TRACE(trace.at("optimizer").get<std::string>() + " with " + trace.at("pool").get<std::string>());
    const NetworkOptions options{.batch = 3,
                                 .channels = 2,
                                 .size = 22,
                                 .extra_width = 3,
                                 .filters = {4, 6},
                                 .units = 7,
                                 .classes = 5,
                                 .label_smoothing = 0.1,
                                 .pool = trace.at("pool").get<std::string>(),
                                 .activation = trace.at("activation").get<std::string>()};
    const auto expected = trace.at("losses").get<std::vector<double>>();
    const auto found = train(options, kOptimizers.at(trace.at("optimizer").get<std::string>()), expected.size());
    EXPECT_THAT(found, ::testing::Pointwise(::testing::DoubleNear(1e-9), expected));
    EXPECT_LT(found.back(), found.front()) << "nothing was learned";
  }
  EXPECT_EQ(golden.at("traces").size(), 2 * kOptimizers.size());
}

}  // namespace
}  // namespace thaw::reference
