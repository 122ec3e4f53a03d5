#include "graph/verify.h"

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

class Verifier {
 public:
  Verifier(const Graph& graph, const OpRegistry& registry, const std::string& stage)
      : graph_(graph), registry_(registry), stage_(stage) {}

  void run() const {
    bool is_updated = false;
    for (std::size_t i = 0; i < graph_.nodes().size(); ++i) {
      const Node& node = graph_.nodes()[i];
      const OpDef& def = registry_.get(node.op);
      check_inputs(node, def, static_cast<int>(i));
      check_outputs(node, def, static_cast<int>(i));
      if (is_updated && !def.has_side_effect) fail(node, "runs after the update");
      is_updated = is_updated || def.has_side_effect;
    }
    for (const ValueId output : graph_.outputs()) {
      const Value& value = graph_.value(output);
      if (value.kind == ValueKind::kComputed && value.producer < 0) {
        throw InternalError("after " + stage_ + ": nothing computes the output " + value.name);
      }
    }
  }

 private:
  void check_inputs(const Node& node, const OpDef& def, int index) const {
    const int count = static_cast<int>(node.inputs.size());
    if (count < def.min_inputs || count > def.max_inputs) fail(node, "has a wrong number of inputs");
    for (int i = 0; i < count; ++i) {
      const ValueId input = node.inputs[static_cast<std::size_t>(i)];
      if (input == kNoValue && i < def.min_inputs) fail(node, "lacks input " + std::to_string(i));
      if (input == kNoValue) continue;
      const Value& value = graph_.value(input);
      if (value.kind == ValueKind::kComputed && (value.producer < 0 || value.producer >= index)) {
        fail(node, "reads " + value.name + " before it is computed");
      }
    }
  }

  void check_outputs(const Node& node, const OpDef& def, int index) const {
    const auto types = infer(node, def);
    if (types.size() != node.outputs.size()) fail(node, "has a wrong number of outputs");
    for (std::size_t k = 0; k < types.size(); ++k) {
      const Value& value = graph_.value(node.outputs[k]);
      if (value.type != types[k]) fail(node, "gives " + to_text(types[k]) + ", not " + to_text(value.type));
      if (value.producer != index) fail(node, "is not the producer of its output");
    }
  }

  std::vector<TensorType> infer(const Node& node, const OpDef& def) const {
    try {
      return def.infer(InferContext{graph_, node});
    } catch (const GraphError& error) {
      fail(node, "does not fit: " + std::string(error.what()));
    }
  }

  [[noreturn]] void fail(const Node& node, const std::string& message) const {
    throw InternalError("after " + stage_ + ": " + node.layer + "/" + node.op + " " + message);
  }

  const Graph& graph_;
  const OpRegistry& registry_;
  const std::string& stage_;
};

}  // namespace

void verify(const Graph& graph, const OpRegistry& registry, const std::string& stage) {
  Verifier(graph, registry, stage).run();
}

}  // namespace thaw
