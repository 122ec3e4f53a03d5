#pragma once

#include "graph/op_def.h"

namespace thaw {

/// Fuses the activation at `node_index` into the `op` node that feeds it, if nobody else reads that node.
/// Only functions that keep zero at zero (Relu, Tanh): blocked layouts pad channels with zeros that must stay zero.
bool fuse_activation(Graph& graph, int node_index, const std::string& op);

/// The gradient that reaches a node's sum, before its fused activation: "ReluGrad(dY, Y)" and the like.
ValueId gradient_before_activation(const GradientContext& context);

}  // namespace thaw
