#pragma once

#include <string>
#include <vector>

#include "graph/attribute.h"
#include "graph/shape.h"

namespace thaw {

using ValueId = int;
inline constexpr ValueId kNoValue = -1;  ///< an optional input that is left out, or a gradient that is not wanted

/// Where a value comes from. Parameters and state outlive a step; everything else lives in the arena.
enum class ValueKind {
  kInput,      ///< fed by the caller before every run
  kParameter,  ///< learned
  kState,      ///< an optimizer's slot
  kComputed,   ///< a node's output
};

/// Which part of the step a node belongs to: the time split follows it.
enum class Phase { kForward, kBackward, kUpdate };

struct Value {
  std::string name;
  TensorType type;
  ValueKind kind = ValueKind::kComputed;
  int producer = -1;  ///< index into nodes(); -1 if no node computes it
  bool trainable = false;
};

/// One operator application. Inputs may hold kNoValue where ONNX makes them optional.
struct Node {
  std::string op;
  std::string layer;  ///< the layer of the experiment that this belongs to; names errors and table rows
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  Attributes attributes;
  Phase phase = Phase::kForward;
};

/// A static graph. Nodes stand in execution order; a value is defined before it is used.
class Graph {
 public:
  ValueId add_value(Value value);
  /// Appends a node whose outputs are new values of the given types, named "<layer>/<Op>[:k]".
  std::vector<ValueId> add_node(Node node, const std::vector<TensorType>& output_types);

  const std::vector<Value>& values() const { return values_; }
  const Value& value(ValueId id) const { return values_.at(static_cast<std::size_t>(id)); }
  Value& value(ValueId id) { return values_.at(static_cast<std::size_t>(id)); }
  const std::vector<Node>& nodes() const { return nodes_; }
  std::vector<Node>& nodes() { return nodes_; }

  /// The same before node `before`: later nodes move up by one.
  std::vector<ValueId> insert_node(int before, Node node, const std::vector<TensorType>& output_types);

  /// Values the caller reads after a run; they and what they need are kept.
  const std::vector<ValueId>& outputs() const { return outputs_; }
  void mark_output(ValueId id);

  /// All parameters, in order of their creation.
  std::vector<ValueId> parameters() const;
  /// The value of that name, or kNoValue.
  ValueId find(const std::string& name) const;
  /// Number of node inputs (and graph outputs) that read the value.
  int use_count(ValueId id) const;
  /// Makes every later reader of `from` read `to`.
  void replace_uses(ValueId from, ValueId to);
  /// Drops the nodes whose flag is set and renumbers producers.
  void erase_nodes(const std::vector<bool>& is_dead);

 private:
  std::vector<Value> values_;
  std::vector<Node> nodes_;
  std::vector<ValueId> outputs_;
};

/// Bad structure or shapes: names the layer and the attribute that caused it.
class GraphError : public std::exception {
 public:
  GraphError(std::string layer, std::string attribute, std::string message);

  const std::string& layer() const { return layer_; }
  /// ONNX name of the attribute at fault ("kernel_shape"), "input", or empty.
  const std::string& attribute() const { return attribute_; }
  const std::string& message() const { return message_; }
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string layer_, attribute_, message_, text_;
};

}  // namespace thaw
