#pragma once

#include <gtest/gtest.h>

#include "ops/catalogue.h"
#include "tests/graph/message_of.h"
#include "tests/ops/op_case.h"

namespace thaw {

/// A node that does not fit, and what shape inference says of it: the full text.
struct Refusal {
  std::string name;
  OpCase node;
  std::string message;
};

inline std::ostream& operator<<(std::ostream& out, const Refusal& refusal) { return out << refusal.name; }

/// A node of layer_1 whose inputs are graph inputs.
inline Node node_of(const OpCase& op_case, Graph& graph) {
  Node node{op_case.op, "layer_1", {}, {}, op_case.attributes, Phase::kForward};
  for (const Port& port : op_case.ports) {
    if (port.is_left_out) {
      node.inputs.push_back(kNoValue);
      continue;
    }
    const bool is_integer = port.fill == Fill::kLabels || port.fill == Fill::kIndices;
    const DType dtype = is_integer ? DType::kInt32 : DType::kFloat32;
    node.inputs.push_back(graph.add_value({"x", {dtype, port.shape}, ValueKind::kInput, -1, false}));
  }
  return node;
}

inline void expect_refused(const Refusal& refusal) {
  Graph graph;
  const Node node = node_of(refusal.node, graph);
  const auto infer = [&] { operators().get(node.op).infer(InferContext{graph, node}); };
  EXPECT_EQ(message_of<GraphError>(infer), refusal.message);
}

}  // namespace thaw
