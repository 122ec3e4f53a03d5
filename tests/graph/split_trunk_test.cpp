// The frozen trunk: what belongs to it, and that cutting it off changes no number.
#include "graph/passes/split_trunk.h"

#include <gmock/gmock.h>

#include "graph/builder.h"
#include "graph/passes/rewrite.h"
#include "graph/verify.h"
#include "ops/catalogue.h"
#include "tests/reference/interpreter.h"
#include "tests/reference/random.h"

namespace thaw {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// picture -> conv (frozen) -> relu -> conv -> pooled -> dense; each with its own layer name.
struct Net {
  Graph graph;
  Builder builder{graph, operators()};
  ValueId picture = builder.input("picture", {DType::kFloat32, {2, 3, 8, 8}});

  ValueId conv(const std::string& layer, ValueId x, bool trainable) {
    builder.enter(layer);
    const std::int64_t channels = graph.value(x).type.shape[1];
    return builder.node("Conv", {x, builder.parameter(layer + "/kernel", {4, channels, 3, 3}, trainable)},
                        {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}});
  }
  ValueId relu(const std::string& layer, ValueId x) {
    builder.enter(layer);
    return builder.node("Relu", {x});
  }
  TrunkCut cut() { return find_trunk(graph, operators(), picture); }
};

std::vector<std::string> layers_of(const TrunkCut& cut) {
  std::vector<std::string> layers;
  for (const ValuePlace& place : cut.places) layers.push_back(place.layer.empty() ? "(picture)" : place.layer);
  return layers;
}

TEST(SplitTrunk, EndsBeforeTheFirstTrainableLayer) {
  Net net;
  const ValueId a = net.relu("a_relu", net.conv("a", net.picture, false));
  net.graph.mark_output(net.relu("b_relu", net.conv("b", a, true)));
  EXPECT_THAT(layers_of(net.cut()), ElementsAre("a_relu"));
  EXPECT_EQ(net.cut().flops, 2 * 3 * 9 * 4 * 64 + 4 * 64);
}

TEST(SplitTrunk, IsEmptyWhereEverythingIsTrained) {
  Net net;
  net.graph.mark_output(net.conv("a", net.picture, true));
  EXPECT_TRUE(net.cut().empty());
}

TEST(SplitTrunk, IsEmptyWhereOnlyPixelsAreRescaled) {
  Net net;
  net.builder.enter("rescaling");
  const ValueId scaled =
      net.builder.node("Mul", {net.picture, net.builder.parameter("rescaling/scale", {1, 3, 1, 1}, false)});
  net.graph.mark_output(net.conv("a", scaled, true));
  EXPECT_THAT(net.cut().places, IsEmpty());
}

TEST(SplitTrunk, KeepsEveryTensorThatIsReadBehindIt) {
  Net net;
  const ValueId a = net.conv("a", net.picture, false), b = net.conv("b", a, false);
  const ValueId trained = net.conv("c", b, true);
  net.builder.enter("sum");
  const ValueId sum = net.builder.node("Add", {trained, a});
  net.builder.enter("join");
  net.graph.mark_output(net.builder.node("Concat", {sum, net.picture}, {{"axis", std::int64_t{1}}}));
  EXPECT_THAT(layers_of(net.cut()), ElementsAre("(picture)", "a", "b"));
}

TEST(SplitTrunk, StopsWhereSamplesMeetOrChanceDecides) {
  Net batch;
  const ValueId a = batch.conv("a", batch.picture, false);
  batch.builder.enter("norm");
  const ValueId normal = batch.builder.nodes(
      "BatchNormalizationTraining",
      {a, batch.builder.parameter("norm/gamma", {4}, false), batch.builder.parameter("norm/beta", {4}, false)})[0];
  batch.graph.mark_output(batch.conv("b", normal, false));
  EXPECT_THAT(layers_of(batch.cut()), ElementsAre("a"));

  Net chance;
  const ValueId c = chance.conv("c", chance.picture, false);
  chance.builder.enter("dropout");
  const ValueId step = chance.builder.input("step", {DType::kInt32, {}});
  chance.graph.mark_output(chance.builder.node("Dropout", {c, step}, {{"ratio", 0.5}, {"seed", std::int64_t{1}}}));
  EXPECT_THAT(layers_of(chance.cut()), ElementsAre("c"));
}

TEST(SplitTrunk, EndsBeforeAResultThatIsFrozen) {
  Net net;
  const ValueId a = net.conv("a", net.picture, false), y = net.relu("y", a);
  net.graph.mark_output(y);
  EXPECT_THAT(layers_of(find_trunk(net.graph, operators(), net.picture, {y})), ElementsAre("a"));
}

TEST(SplitTrunk, TheTwoPartsComputeWhatTheWholeDid) {
  Net net;
  const ValueId a = net.relu("a_relu", net.conv("a", net.picture, false));
  const ValueId b = net.relu("b_relu", net.conv("b", a, false));
  net.builder.enter("sum");
  ValueId y = net.builder.node("Add", {net.conv("c", b, true), a});
  net.graph.mark_output(y);
  const auto numbers_of = [](const Value& value) {
    return reference::random_values(element_count(value.type.shape), std::hash<std::string>()(value.name));
  };
  const auto feeds_of = [&](const Graph& graph) {
    reference::Feeds feeds;
    for (std::size_t i = 0; i < graph.values().size(); ++i) {
      const Value& value = graph.values()[i];
      if (value.kind != ValueKind::kComputed) feeds[static_cast<ValueId>(i)] = numbers_of(value);
    }
    return feeds;
  };
  const auto whole = reference::evaluate(net.graph, feeds_of(net.graph)).at(y).values;
  const TrunkCut cut = net.cut();
  const TrunkGraph trunk = extract_trunk(net.graph, cut, net.picture);
  verify(*trunk.graph, operators(), "extract_trunk");
  const auto trunk_values = reference::evaluate(*trunk.graph, feeds_of(*trunk.graph));

  const std::vector<ValueId> features = feed_features(net.graph, cut, net.picture, {&y});
  remove_dead(net.graph, operators());
  verify(net.graph, operators(), "feed_features");
  ASSERT_EQ(features.size(), 2U);
  reference::Feeds feeds = feeds_of(net.graph);
  for (std::size_t i = 0; i < features.size(); ++i) {
    feeds[features[i]] = trunk_values.at(trunk.graph->outputs().at(trunk.outputs[i])).values;
  }
  EXPECT_EQ(net.graph.nodes().size(), 2U);
  EXPECT_EQ(reference::evaluate(net.graph, feeds).at(y).values, whole);
}

TEST(SplitTrunk, AnOutputThatIsFrozenBecomesAnInput) {
  Net net;
  ValueId y = net.conv("a", net.picture, false);
  net.graph.mark_output(y);
  const TrunkCut cut = net.cut();
  const std::vector<ValueId> features = feed_features(net.graph, cut, net.picture, {&y});
  EXPECT_THAT(features, ElementsAre(y));
  EXPECT_EQ(net.graph.outputs(), std::vector<ValueId>{y});
}

}  // namespace
}  // namespace thaw
