// How long kernels take. Source of the model: Williams, Waterman, Patterson, "Roofline" (CACM 2009): a kernel is
// bound by arithmetic or by memory. The shares that kernels reach of either were measured (oneDNN 2.6.3 and our own
// loops on Zen 4 and Zen 5, 1 and 2 threads).
#include "ops/roofline.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "ops/program_profile.h"

namespace thaw {
namespace {

/// Channels that one vector holds.
constexpr double kLanes = 16;

/// A convolution's kernel keeps `written` channels in vectors and sums `summed` products into each. Vectors that are
/// not full do idle work; few written channels leave too few vectors for each number that is loaded, short sums too few
/// multiplications for each result.
double convolution_share(double written, double summed) {
  const double full = written / (std::ceil(written / kLanes) * kLanes);
  const double lonely = std::max(0.0, 2 * kLanes / std::max(written, kLanes) - 1);
  return 0.98 * full / (1 + 0.45 * lonely + 8.5 / summed);
}

Reach convolution_reach(const Graph& graph, const Node& node) {
  const auto shape = [&](std::size_t input) -> const Shape& { return graph.value(node.inputs[input]).type.shape; };
  const auto group = static_cast<double>(node.attributes.integer("group", 1));
  Reach reach{.flops = 1, .bytes = 0.6, .multiplies_matrices = true, .is_known = group == 1};
  if (node.op == "ConvGradWeight") {  // X[N,C], dY[N,M]: sums are long, but each spreads over few vectors
    const double written = static_cast<double>(shape(1).at(1)) / group;
    const double read = static_cast<double>(shape(0).at(1)) / group;
    const auto pixels = static_cast<double>(element_count(node.attributes.integers("kernel_shape")));
    reach.flops = 0.95 * convolution_share(written, read * pixels);
    return reach;
  }
  const Shape& w = shape(1);  // [M, C/group, pixels]
  const double filters = static_cast<double>(w.at(0)) / group, channels = static_cast<double>(w.at(1));
  const double pixels = static_cast<double>(element_count(w)) / (static_cast<double>(w.at(0)) * channels);
  const bool is_forward = node.op == "Conv";
  reach.flops = convolution_share(is_forward ? filters : channels, (is_forward ? channels : filters) * pixels);
  return reach;
}

/// Few rows leave each weight that is loaded little to do.
Reach product_reach(const Graph& graph, const Node& node) {
  const double rows = static_cast<double>(graph.value(node.inputs[0]).type.shape.at(0));
  return {.flops = 0.95 / (1 + 8 / rows), .bytes = 0.5, .multiplies_matrices = true};
}

/// An update that multiplies a large gradient's factors: most of its arithmetic is that product, as fast as any, but it
/// and the traffic hardly overlap.
Reach factored_reach() { return {.flops = 0.5, .bytes = 0.55}; }

/// What does not multiply matrices: bound by memory, or by how its loops are written.
const std::map<std::string, Reach>& loop_reaches() {
  static const std::map<std::string, Reach> reaches = {
      {"AveragePool", {0.045, 0.65}},
      {"AveragePoolGrad", {0.045, 0.65}},
      {"AveragePoolReluGrad", {0.045, 0.8}},
      {"MaxPool", {0.03, 0.5}},
      {"MaxPoolGrad", {0.012, 0.25}},
      {"ReluGrad", {0.05, 1.0}},
      {"TanhGrad", {0.04, 0.9}},
      {"Sigmoid", {0.008, 0.6}},
      {"Tanh", {0.008, 0.6}},
      {"Softmax", {0.02, 0.6}},
      {"Adam", {0.028, 0.9}},
      {"Sgd", {0.028, 0.9}},
      {"RmsProp", {0.028, 0.9}},
      {"BatchNormalizationTraining", {0.05, 0.6}},
      {"BatchNormalizationTrainingGrad", {0.05, 0.6}},
  };
  return reaches;
}

}  // namespace

Reach reach_of(const Graph& graph, const Node& node, double saved_arithmetic) {
  if (saved_arithmetic > 1) return {.flops = 0.95 * saved_arithmetic, .bytes = 0.6, .multiplies_matrices = true};
  if (node.op == "Conv" || node.op == "ConvGradInput" || node.op == "ConvGradWeight") {
    return convolution_reach(graph, node);
  }
  if (node.op.starts_with("Gemm")) return product_reach(graph, node);
  if (node.attributes.has("factored")) return factored_reach();
  const auto found = loop_reaches().find(node.op);
  return found != loop_reaches().end() ? found->second : Reach{.flops = 0.03, .bytes = 0.6, .is_known = false};
}

Reach reach_of_reorder(bool is_of_weights) { return {.flops = 1, .bytes = is_of_weights ? 0.07 : 0.4}; }

double predict_seconds(const StepCost& cost, const MachinePeaks& peaks) {
  const bool is_fast = cost.is_bfloat16 && peaks.bfloat16_flops_per_s > 0 && cost.reach.multiplies_matrices;
  const double flops_per_s = (is_fast ? peaks.bfloat16_flops_per_s : peaks.flops_per_s) * cost.reach.flops;
  const double bytes_per_s = peaks.bytes_per_s(cost.bytes) * cost.reach.bytes;
  const double arithmetic_s = flops_per_s > 0 ? static_cast<double>(cost.flops) / flops_per_s : 0;
  const double traffic_s = bytes_per_s > 0 ? static_cast<double>(cost.bytes) / bytes_per_s : 0;
  return peaks.launch_s + std::max(arithmetic_s, traffic_s);
}

}  // namespace thaw
