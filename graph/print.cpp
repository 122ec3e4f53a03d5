#include "graph/print.h"

#include <sstream>

namespace thaw {
namespace {

const char* phase_name(Phase phase) {
  switch (phase) {
    case Phase::kForward:
      return "forward ";
    case Phase::kBackward:
      return "backward";
    case Phase::kUpdate:
      return "update  ";
  }
  return "";
}

}  // namespace

std::string print(const Graph& graph) {
  std::ostringstream out;
  for (const Value& value : graph.values()) {
    if (value.kind == ValueKind::kInput) out << "input     " << value.name << " : " << to_text(value.type) << '\n';
    if (value.kind == ValueKind::kParameter) {
      out << "parameter " << value.name << " : " << to_text(value.type) << (value.trainable ? "" : " frozen") << '\n';
    }
  }
  for (const Node& node : graph.nodes()) {
    out << phase_name(node.phase) << "  ";
    for (std::size_t k = 0; k < node.outputs.size(); ++k) {
      const Value& value = graph.value(node.outputs[k]);
      out << (k ? ", " : "") << value.name << " : " << to_text(value.type);
    }
    out << " = " << node.op << '(';
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      out << (i ? ", " : "") << (node.inputs[i] == kNoValue ? "-" : graph.value(node.inputs[i]).name);
    }
    out << ')' << (node.attributes.items().empty() ? "" : "  ") << to_text(node.attributes) << '\n';
  }
  for (const ValueId output : graph.outputs()) out << "output    " << graph.value(output).name << '\n';
  return out.str();
}

}  // namespace thaw
