#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "graph/graph.h"

namespace thaw {

/// What a model file says beside its graph.
struct OnnxExport {
  std::string name;                                               ///< of the graph
  std::vector<std::pair<std::string, ValueId>> outputs;           ///< name in the file -> value
  std::function<std::vector<float>(const std::string&)> weights;  ///< a parameter's values, row-major
  std::int64_t batch = 0;  ///< the extent that is left open as "N" where it comes first; 0: none
  std::map<std::string, std::string> metadata;
};

inline constexpr std::int64_t kExportOpset = 17;

/// The nodes that the outputs need as a serialized ONNX ModelProto (opset 17, IR version 8). Fused activations are
/// written as nodes of their own. Throws InputError naming the layer where ONNX has no such operator (gradients, random
/// dropout).
std::string onnx_bytes(const Graph& graph, const OnnxExport& options);

}  // namespace thaw
