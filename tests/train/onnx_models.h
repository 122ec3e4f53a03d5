#pragma once

#include <onnx/onnx_pb.h>

#include <string>
#include <vector>

#include "runner/train/model_files.h"

namespace thaw {

/// A node of an ONNX graph, called as its output is, with "/node" behind it.
onnx::NodeProto& add_onnx_node(onnx::GraphProto& graph, const std::string& op, const std::vector<std::string>& inputs,
                               const std::string& output);
/// Made-up numbers from `low` to `low` + 1.
void add_onnx_weight(onnx::GraphProto& graph, const std::string& name, const Shape& shape, double low = -0.5);

/// x (Nx1x20x20) -> c = Conv -> n = BatchNormalization (momentum 0.8) -> r = Relu -> d = Dropout -> g =
/// GlobalAveragePool
/// -> f = Flatten -> t = Mul by the single number "two" -> y = Gemm (Nx4). The weights are conv.w, bn.scale, bn.bias,
/// bn.mean, bn.var, fc.w (5x4) and fc.b.
onnx::ModelProto small_onnx_model();

/// The model as if it had been opened as "m.onnx".
ModelFiles files_of(const onnx::ModelProto& model);

}  // namespace thaw
