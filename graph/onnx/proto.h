#pragma once

#include <set>
#include <string>
#include <vector>

namespace onnx {
class GraphProto;
class TensorShapeProto;
}  // namespace onnx

// What an ONNX graph says of itself before it is translated.
namespace thaw::onnx_io {

/// "Nx3x224x224": open extents by their names.
std::string shape_text(const onnx::TensorShapeProto& shape);

std::set<std::string> initializer_names(const onnx::GraphProto& graph);

/// The tensor that `until` names: itself, or the first output of the node of that name. Empty if there is neither.
std::string tensor_named(const onnx::GraphProto& graph, const std::string& until);

/// By node: whether the tensors need it.
std::vector<bool> needed_nodes(const onnx::GraphProto& graph, std::set<std::string> wanted);

/// The tensors that the needed nodes read.
std::set<std::string> read_tensors(const onnx::GraphProto& graph, const std::vector<bool>& needed);

/// Inputs of operators that are settings though ONNX passes real numbers: thaw must know them while it reads.
bool is_setting(const std::string& op, int port);

}  // namespace thaw::onnx_io
