#include "tests/reference/interpreter.h"

#include "schemas/diagnostic.h"
#include "tests/reference/functions.h"

namespace thaw::reference {

const Functions& functions() {
  static const Functions all = [] {
    Functions found;
    add_conv(found);
    add_pool(found);
    add_linear(found);
    add_matmul(found);
    add_elementwise(found);
    add_softmax(found);
    add_norm(found);
    add_reduce(found);
    add_shape(found);
    add_resize(found);
    add_loss(found);
    add_update(found);
    return found;
  }();
  return all;
}

void evaluate_node(const Graph& graph, const Node& node, Values& values) {
  const auto found = functions().find(node.op);
  if (found == functions().end()) throw InternalError("reference: no operator is called " + node.op);
  Call call{node, {}};
  for (const ValueId input : node.inputs) {
    if (input != kNoValue && !values.count(input)) {
      throw InternalError("reference: " + node.op + " reads " + graph.value(input).name + ", which nobody gave");
    }
    call.inputs.push_back(input == kNoValue ? nullptr : &values.at(input));
  }
  std::vector<Tensor> outputs = found->second(call);
  if (outputs.size() != node.outputs.size()) throw InternalError("reference: " + node.op + " has other outputs");
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    const Value& value = graph.value(node.outputs[k]);
    if (outputs[k].shape != value.type.shape) {
      throw InternalError("reference: " + value.name + " is " + to_text(outputs[k].shape) + ", the graph says " +
                          to_text(value.type.shape));
    }
    values[node.outputs[k]] = std::move(outputs[k]);
  }
}

Values evaluate(const Graph& graph, const Feeds& feeds) {
  Values values;
  for (const auto& [id, numbers] : feeds) values.emplace(id, Tensor(graph.value(id).type.shape, numbers));
  for (const Node& node : graph.nodes()) evaluate_node(graph, node, values);
  return values;
}

}  // namespace thaw::reference
