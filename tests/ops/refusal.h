#pragma once

#include <gtest/gtest.h>

#include "graph/graph.h"
#include "tests/ops/operator_test.h"

namespace thaw {

/// A node that shape inference refuses, and the full text that it says. Tests fill the tables; infer_test.cpp runs
/// them.
struct Refusal {
  std::string name;
  OpCase node;
  std::string message;
};

inline std::ostream& operator<<(std::ostream& out, const Refusal& refusal) { return out << refusal.name; }

/// The case's node in layer "layer_1", its inputs added to the graph; nothing is inferred yet.
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

class RefusalTest : public ::testing::TestWithParam<Refusal> {
 public:
  static std::string name_of(const ::testing::TestParamInfo<Refusal>& info) { return info.param.name; }
};

}  // namespace thaw
