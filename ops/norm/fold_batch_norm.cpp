// Batch normalization folded into the convolution before it:
//   s = scale / sqrt(var + epsilon);  Y = s (W * X + b - mean) + B  is a convolution with the kernel s W and the bias s
//   (b - mean) + B
#include "ops/catalogue.h"
#include "ops/norm/norm.h"

namespace thaw {
namespace {

/// Inserts nodes one after the other before a place.
class Inserter {
 public:
  Inserter(Graph& graph, int before, std::string layer) : graph_(graph), before_(before), layer_(std::move(layer)) {}

  ValueId add(const std::string& op, std::vector<ValueId> inputs, Attributes attributes = {}) {
    Node node{op, layer_, std::move(inputs), {}, std::move(attributes), Phase::kForward};
    const auto types = operators().get(op).infer(InferContext{graph_, node});
    return graph_.insert_node(before_++, std::move(node), types).front();
  }
  int before() const { return before_; }

 private:
  Graph& graph_;
  int before_;
  std::string layer_;
};

bool is_constant(const Graph& graph, ValueId value) { return graph.value(value).kind == ValueKind::kParameter; }

/// The axis of the kernel that counts the filters; -1 if this node cannot take a batch normalization in.
int filter_axis(const Node& node) {
  if (node.op == "Conv") return 0;
  return node.op == "ConvTranspose" && node.attributes.integer("group", 1) == 1 ? 1 : -1;
}

}  // namespace

bool fold_batch_norm(Graph& graph, int node_index) {
  const Node norm = graph.nodes()[static_cast<std::size_t>(node_index)];
  if (norm.op != "BatchNormalization") return false;
  const ValueId sum = norm.inputs[0];
  const int producer = graph.value(sum).producer;
  if (producer < 0 || graph.use_count(sum) != 1) return false;
  const Node conv = graph.nodes()[static_cast<std::size_t>(producer)];
  if (conv.inputs.size() > 3) return false;  // a sum that was fused into it would need the scale too
  const int axis = filter_axis(conv);
  if (axis < 0 || !conv.attributes.text("activation").empty() || !is_constant(graph, conv.inputs[1])) return false;
  for (std::size_t i = 1; i < norm.inputs.size(); ++i) {
    if (!is_constant(graph, norm.inputs[i])) return false;
  }

  Inserter before(graph, producer, norm.layer);
  const ValueId epsilon = before.add("Constant", {}, {{"value_float", norm.attributes.real("epsilon", 1e-5)}});
  const ValueId deviation = before.add("Sqrt", {before.add("Add", {norm.inputs[4], epsilon})});
  const ValueId scale = before.add("Div", {norm.inputs[1], deviation});
  Shape per_filter(graph.value(conv.inputs[1]).type.shape.size(), 1);
  per_filter[static_cast<std::size_t>(axis)] = graph.value(scale).type.shape[0];
  const ValueId kernel = before.add("Mul", {conv.inputs[1], before.add("Reshape", {scale}, {{"shape", per_filter}})});
  const bool has_bias = conv.inputs.size() > 2 && conv.inputs[2] != kNoValue;
  const ValueId shift =
      has_bias ? before.add("Sub", {conv.inputs[2], norm.inputs[3]}) : before.add("Neg", {norm.inputs[3]});
  const ValueId bias = before.add("Add", {before.add("Mul", {shift, scale}), norm.inputs[2]});

  graph.nodes()[static_cast<std::size_t>(before.before())].inputs = {conv.inputs[0], kernel, bias};
  graph.replace_uses(norm.outputs[0], sum);
  return true;
}

}  // namespace thaw
