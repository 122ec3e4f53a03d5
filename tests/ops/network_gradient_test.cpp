// The whole localization network's gradient, in f64, fused and not.
#include "graph/passes/differentiate.h"
#include "graph/passes/rewrite.h"
#include "graph/verify.h"
#include "ops/catalogue.h"
#include "tests/ops/gradient_check.h"
#include "tests/reference/networks.h"

namespace thaw {
namespace {

using reference::NetworkOptions;

void check_network(const NetworkOptions& options, bool is_fused) {
  Graph graph;
  Builder builder(graph, operators());
  NetworkOptions built = options;
  built.has_loss_on_probabilities = is_fused;
  const reference::Network network = reference::build_localization(builder, built);
  const Graph unfused = graph;  // what a person wrote: differences are taken of this
  if (is_fused) fuse(graph, operators());
  const auto gradients = differentiate(builder, network.loss);
  for (const auto& [parameter, gradient] : gradients) graph.mark_output(gradient);
  if (is_fused) fuse(graph, operators());
  verify(graph, operators(), "differentiate");

  const reference::Feeds feeds = reference::network_feeds(graph, options, 3);
  const reference::Values values = reference::evaluate(graph, feeds);
  EXPECT_EQ(gradients.size(), graph.parameters().size());
  for (const auto& [parameter, gradient] : gradients) {
    EXPECT_TRUE(matches_differences(unfused, network.loss, parameter, values.at(gradient), feeds))
        << graph.value(parameter).name;
  }
}

TEST(NetworkGradient, AsWritten) {
  check_network({.batch = 3, .channels = 1, .size = 24, .extra_width = 3, .filters = {5, 17, 3}, .units = 12}, false);
}

TEST(NetworkGradient, Fused) {
  check_network({.batch = 3, .channels = 3, .size = 24, .filters = {5, 17, 3}, .units = 12, .label_smoothing = 0.1},
                true);
}

TEST(NetworkGradient, FusedTanh) {
  check_network({.batch = 2, .size = 23, .filters = {4, 3}, .units = 12, .activation = "Tanh"}, true);
}

TEST(NetworkGradient, TheMissionsOwnSize) { check_network({.batch = 1}, true); }

}  // namespace
}  // namespace thaw
