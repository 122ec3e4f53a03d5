#pragma once

#include <functional>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace thaw {

class Builder;

/// A node under construction, as its shape inference sees it.
struct InferContext {
  const Graph& graph;
  const Node& node;

  int input_count() const { return static_cast<int>(node.inputs.size()); }
  bool has_input(int i) const { return i < input_count() && node.inputs[static_cast<std::size_t>(i)] != kNoValue; }
  const TensorType& input(int i) const { return graph.value(node.inputs.at(static_cast<std::size_t>(i))).type; }
  const Shape& shape(int i) const { return input(i).shape; }
  /// Throws GraphError for this node's layer.
  [[noreturn]] void fail(const std::string& attribute, const std::string& message) const;
};

/// A node whose gradient is asked for. Rules append nodes through `builder` and return a gradient for each input.
struct GradientContext {
  Builder& builder;
  const Node& node;                          ///< a copy: appending nodes does not move it
  const std::vector<ValueId>& output_grads;  ///< kNoValue where nothing flows back
  const std::vector<bool>& wanted;           ///< by input

  ValueId input(int i) const { return node.inputs.at(static_cast<std::size_t>(i)); }
  ValueId output(int i = 0) const { return node.outputs.at(static_cast<std::size_t>(i)); }
  ValueId grad(int i = 0) const { return output_grads.at(static_cast<std::size_t>(i)); }
  bool wants(int i) const { return static_cast<std::size_t>(i) < wanted.size() && wanted[static_cast<std::size_t>(i)]; }
};

/// What the derivative of an operator is.
enum class Differentiability {
  kRule,       ///< `gradient` returns it
  kNone,       ///< nothing flows back through it, by meaning (labels, weights of samples)
  kForbidden,  ///< asking for it is a defect: gradient and update operators
};

/// What an operator means: arity, shapes, derivative. Knows no device.
struct OpDef {
  std::string name;
  int min_inputs = 1;
  int max_inputs = 1;
  /// Types of the outputs. Throws GraphError naming the attribute at fault.
  std::function<std::vector<TensorType>(const InferContext&)> infer = {};
  Differentiability differentiability = Differentiability::kForbidden;
  std::function<std::vector<ValueId>(const GradientContext&)> gradient = {};
  /// Output 0 may overwrite these inputs when nobody reads them later (equal bytes and layout).
  std::vector<int> in_place_inputs = {};
  /// Output 0 is input 0 by another shape or name: nothing moves where it takes over the bytes.
  bool is_rename = false;
  /// A row of its results depends on other samples of the batch too.
  bool mixes_samples = false;
  /// Keeps the node alive though nobody reads its outputs.
  bool has_side_effect = false;
  /// Multiplications and additions of one run; null counts as none.
  std::function<std::int64_t(const InferContext&)> flops = {};
};

/// Replaces a small pattern that ends in `node_index` by something cheaper of the same meaning.
struct FusionRule {
  std::string name;
  /// Returns whether it rewrote. Nodes it made superfluous are left for remove_dead.
  std::function<bool(Graph&, int node_index)> apply;
};

}  // namespace thaw
