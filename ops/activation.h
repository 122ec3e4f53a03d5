#pragma once

#include "graph/op_def.h"

namespace thaw {

/// An activation that runs inside the node whose sum it reads: what the node's attributes "activation" (an operator's
/// name, "" for none) and "activation_alpha", "activation_beta" say.
///   LeakyRelu, Elu: alpha;  Clip: alpha and beta are its bounds;  Relu, Tanh, Swish, HardSwish: neither
struct FusedActivation {
  std::string name;
  float alpha = 0;
  float beta = 0;

  static FusedActivation of(const Attributes& attributes);
  /// The attributes of the activation as an operator of its own.
  Attributes attributes() const;
};

/// Fuses the activation at `node_index` into the `op` node that feeds it, if nobody else reads that node.
/// Only functions that keep zero at zero, because blocked layouts pad channels with zeros that must stay zero, and
/// whose slope the output tells, because the sum is not kept: Relu, LeakyRelu (alpha > 0), Elu, Tanh, and Clip around
/// 0.
bool fuse_activation(Graph& graph, int node_index, const std::string& op);

/// The same for Swish and HardSwish, for graphs that are never differentiated.
bool fuse_activation_for_inference(Graph& graph, int node_index, const std::string& op);

/// The gradient that reaches a node's sum, before its fused activation: "ReluGrad(dY, Y)" and the like.
ValueId gradient_before_activation(const GradientContext& context);

}  // namespace thaw
