#include "ops/update/factor_gradient.h"

#include <algorithm>

#include "ops/linear/large_weights.h"
#include "ops/update/update.h"

namespace thaw {
namespace {

/// The norm costs so many products with each row as the batch has rows: beyond this the gradient's pass is cheaper.
constexpr std::int64_t kMostSamples = 128;

bool is_update(const Node& node) { return node.op == "Sgd" || node.op == "RmsProp" || node.op == "Adam"; }

/// The node that computes the whole gradient of a dense weight, if it pays to do without. Null: none.
const Node* find_product(const Graph& graph, ValueId gradient) {
  const int producer = graph.value(gradient).producer;
  if (producer < 0 || graph.use_count(gradient) != 1) return nullptr;
  const Node& node = graph.nodes()[static_cast<std::size_t>(producer)];
  if (node.op != "GemmGradWeight" || node.outputs[0] != gradient) return nullptr;
  const Shape& rows = graph.value(node.inputs[0]).type.shape;
  const bool is_large = element_count(graph.value(gradient).type.shape) >= kLargeWeights;
  return rows.size() == 2 && rows[0] <= kMostSamples && is_large ? &node : nullptr;
}

/// The bias's gradient, which the product gave besides, becomes a sum of its own.
void sum_bias_gradient(Graph& graph, const Node& product) {
  const ValueId bias = product.outputs.size() > 1 ? product.outputs[1] : kNoValue;
  if (bias == kNoValue || graph.use_count(bias) == 0) return;
  Node sum{"ReduceSum", product.layer, {product.inputs[1]}, {}, {}, product.phase};
  sum.attributes.set("axes", std::vector<std::int64_t>{0});
  sum.attributes.set("keepdims", std::int64_t{0});
  const TensorType type = graph.value(bias).type;
  const ValueId summed = graph.insert_node(graph.value(bias).producer, std::move(sum), {type}).front();
  graph.replace_uses(bias, summed);
}

}  // namespace

bool factor_gradient(Graph& graph, int i) {
  const Node& before = graph.nodes()[static_cast<std::size_t>(i)];
  if (!is_update(before)) return false;
  const UpdateInputs inputs = UpdateInputs::of(before);
  const ValueId norm = before.outputs.front();
  for (std::size_t parameter = 0; parameter < inputs.gradients.size(); ++parameter) {
    if (inputs.rows[parameter] != kNoValue) continue;
    const Node* found = find_product(graph, inputs.gradients[parameter]);
    if (found == nullptr) continue;
    const Node product = *found;
    sum_bias_gradient(graph, product);  // moves the nodes behind it
    Node& update = graph.nodes()[static_cast<std::size_t>(graph.value(norm).producer)];
    const std::size_t count = inputs.weights.size();
    update.inputs[3 + count + parameter] = product.inputs[1];
    std::vector<std::int64_t> factored = update.attributes.integers("factored");
    const auto place = std::lower_bound(factored.begin(), factored.end(), static_cast<std::int64_t>(parameter));
    const auto first_rows = update.inputs.end() - static_cast<std::ptrdiff_t>(factored.size());
    update.inputs.insert(first_rows + (place - factored.begin()), product.inputs[0]);
    factored.insert(place, static_cast<std::int64_t>(parameter));
    update.attributes.set("factored", factored);
    return true;
  }
  return false;
}

}  // namespace thaw
