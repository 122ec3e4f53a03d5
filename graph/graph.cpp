#include "graph/graph.h"

#include <algorithm>

namespace thaw {

ValueId Graph::add_value(Value value) {
  values_.push_back(std::move(value));
  return static_cast<ValueId>(values_.size()) - 1;
}

std::vector<ValueId> Graph::add_node(Node node, const std::vector<TensorType>& output_types) {
  const int index = static_cast<int>(nodes_.size());
  node.outputs.clear();
  for (std::size_t k = 0; k < output_types.size(); ++k) {
    Value value;
    value.name = node.layer + "/" + node.op + (k ? ":" + std::to_string(k) : "");
    value.type = output_types[k];
    value.producer = index;
    node.outputs.push_back(add_value(std::move(value)));
  }
  nodes_.push_back(std::move(node));
  return nodes_.back().outputs;
}

std::vector<ValueId> Graph::insert_node(int before, Node node, const std::vector<TensorType>& output_types) {
  const std::vector<ValueId> outputs = add_node(std::move(node), output_types);
  std::rotate(nodes_.begin() + before, nodes_.end() - 1, nodes_.end());
  for (std::size_t i = static_cast<std::size_t>(before); i < nodes_.size(); ++i) {
    for (const ValueId output : nodes_[i].outputs) value(output).producer = static_cast<int>(i);
  }
  return outputs;
}

void Graph::mark_output(ValueId id) {
  if (std::find(outputs_.begin(), outputs_.end(), id) == outputs_.end()) outputs_.push_back(id);
}

std::vector<ValueId> Graph::parameters() const {
  std::vector<ValueId> found;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (values_[i].kind == ValueKind::kParameter) found.push_back(static_cast<ValueId>(i));
  }
  return found;
}

ValueId Graph::find(const std::string& name) const {
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (values_[i].name == name) return static_cast<ValueId>(i);
  }
  return kNoValue;
}

int Graph::use_count(ValueId id) const {
  auto uses = std::count(outputs_.begin(), outputs_.end(), id);
  for (const Node& node : nodes_) uses += std::count(node.inputs.begin(), node.inputs.end(), id);
  return static_cast<int>(uses);
}

void Graph::replace_uses(ValueId from, ValueId to) {
  for (Node& node : nodes_) std::replace(node.inputs.begin(), node.inputs.end(), from, to);
  std::replace(outputs_.begin(), outputs_.end(), from, to);
}

void Graph::erase_nodes(const std::vector<bool>& is_dead) {
  std::vector<Node> kept;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    for (const ValueId output : nodes_[i].outputs) {
      if (value(output).producer == static_cast<int>(i)) {
        value(output).producer = is_dead[i] ? -1 : static_cast<int>(kept.size());
      }
    }
    if (!is_dead[i]) kept.push_back(std::move(nodes_[i]));
  }
  nodes_ = std::move(kept);
}

GraphError::GraphError(std::string layer, std::string attribute, std::string message)
    : layer_(std::move(layer)), attribute_(std::move(attribute)), message_(std::move(message)) {
  text_ = "layer " + layer_ + (attribute_.empty() ? "" : " (" + attribute_ + ")") + ": " + message_;
}

}  // namespace thaw
