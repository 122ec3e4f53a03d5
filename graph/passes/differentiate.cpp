#include "graph/passes/differentiate.h"

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

/// By value: whether a trainable parameter influences it. Only these get gradients, so nothing is computed for
/// the picture that enters the first layer, nor below frozen weights.
std::vector<bool> find_influenced(const Graph& graph) {
  std::vector<bool> influenced(graph.values().size(), false);
  for (std::size_t i = 0; i < graph.values().size(); ++i) {
    const Value& value = graph.values()[i];
    influenced[i] = value.kind == ValueKind::kParameter && value.trainable;
  }
  for (const Node& node : graph.nodes()) {
    bool any = false;
    for (const ValueId input : node.inputs)
      any = any || (input != kNoValue && influenced[static_cast<std::size_t>(input)]);
    for (const ValueId output : node.outputs) influenced[static_cast<std::size_t>(output)] = any;
  }
  return influenced;
}

class Differentiator {
 public:
  explicit Differentiator(Builder& builder) : builder_(builder), influenced_(find_influenced(builder.graph())) {}

  std::map<ValueId, ValueId> run(ValueId loss) {
    const Graph& graph = builder_.graph();
    if (!graph.value(loss).type.shape.empty()) throw InternalError("the loss is not a scalar");
    const int forward_nodes = static_cast<int>(graph.nodes().size());
    builder_.enter("loss", Phase::kBackward);
    grads_[loss] = builder_.node("Constant", {}, {{"value_float", 1.0}});
    for (int i = forward_nodes - 1; i >= 0; --i) visit(Node(graph.nodes()[static_cast<std::size_t>(i)]));

    std::map<ValueId, ValueId> result;
    for (const ValueId parameter : graph.parameters()) {
      const auto found = grads_.find(parameter);
      if (graph.value(parameter).trainable && found != grads_.end()) result[parameter] = found->second;
    }
    return result;
  }

 private:
  void visit(const Node& node) {
    std::vector<ValueId> output_grads;
    bool any = false;
    for (const ValueId output : node.outputs) {
      const auto found = grads_.find(output);
      output_grads.push_back(found == grads_.end() ? kNoValue : found->second);
      any = any || found != grads_.end();
    }
    std::vector<bool> wanted;
    bool wants_any = false;
    for (const ValueId input : node.inputs) {
      wanted.push_back(input != kNoValue && influenced_[static_cast<std::size_t>(input)]);
      wants_any = wants_any || wanted.back();
    }
    if (!any || !wants_any) return;

    const OpDef& def = builder_.registry().get(node.op);
    if (def.differentiability == Differentiability::kNone) return;
    if (def.differentiability == Differentiability::kForbidden) {
      throw InternalError(node.op + " of layer " + node.layer + " must not be differentiated");
    }
    builder_.enter(node.layer, Phase::kBackward);
    const auto input_grads = def.gradient(GradientContext{builder_, node, output_grads, wanted});
    if (input_grads.size() != node.inputs.size())
      throw InternalError("gradient of " + node.op + ": wrong number of results");
    for (std::size_t i = 0; i < input_grads.size(); ++i) {
      if (wanted[i] && input_grads[i] != kNoValue) accumulate(node.inputs[i], input_grads[i]);
    }
  }

  void accumulate(ValueId value, ValueId grad) {
    const Graph& graph = builder_.graph();
    grad = sum_to(grad, graph.value(value).type.shape);
    if (graph.value(value).type != graph.value(grad).type) {
      throw InternalError("gradient of " + graph.value(value).name + " has type " + to_text(graph.value(grad).type));
    }
    const auto [place, is_new] = grads_.emplace(value, grad);
    if (!is_new) place->second = builder_.node("Add", {place->second, grad});
  }

  /// Undoes broadcasting: a rule may return a gradient of the output's shape, and what was repeated is summed here.
  ValueId sum_to(ValueId grad, Shape shape) {  // a copy: appending nodes moves the values
    const Shape from = builder_.graph().value(grad).type.shape;
    if (from == shape || from.size() < shape.size()) return grad;
    const std::size_t extra = from.size() - shape.size();
    std::vector<std::int64_t> axes;
    for (std::size_t axis = 0; axis < from.size(); ++axis) {
      if (axis < extra || (shape[axis - extra] == 1 && from[axis] != 1))
        axes.push_back(static_cast<std::int64_t>(axis));
    }
    if (!axes.empty()) grad = builder_.node("ReduceSum", {grad}, {{"axes", axes}, {"keepdims", std::int64_t{1}}});
    if (extra > 0) grad = builder_.node("Reshape", {grad}, {{"shape", shape}});
    return grad;
  }

  Builder& builder_;
  std::vector<bool> influenced_;
  std::map<ValueId, ValueId> grads_;
};

}  // namespace

std::map<ValueId, ValueId> differentiate(Builder& builder, ValueId loss) { return Differentiator(builder).run(loss); }

}  // namespace thaw
