#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"
#include "graph/op_registry.h"

namespace thaw {

/// Appends to a graph; every node's shapes are inferred as it is added.
class Builder {
 public:
  Builder(Graph& graph, const OpRegistry& registry) : graph_(graph), registry_(registry) {}

  ValueId input(const std::string& name, TensorType type);
  ValueId parameter(const std::string& name, Shape shape, bool trainable = true, DType dtype = DType::kFloat32);
  ValueId state(const std::string& name, Shape shape);

  /// Adds a node. Throws GraphError if the inputs or attributes do not fit.
  std::vector<ValueId> nodes(const std::string& op, std::vector<ValueId> inputs, Attributes attributes = {});
  /// The same for an operator of one output.
  ValueId node(const std::string& op, std::vector<ValueId> inputs, Attributes attributes = {});

  /// Layer and phase of the nodes that follow.
  void enter(const std::string& layer, Phase phase = Phase::kForward);

  Graph& graph() { return graph_; }
  const OpRegistry& registry() const { return registry_; }

 private:
  Graph& graph_;
  const OpRegistry& registry_;
  std::string layer_;
  Phase phase_ = Phase::kForward;
};

}  // namespace thaw
