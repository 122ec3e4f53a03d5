#include "graph/onnx/proto.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <map>

namespace thaw::onnx_io {

std::string shape_text(const onnx::TensorShapeProto& shape) {
  std::string text;
  for (int i = 0; i < shape.dim_size(); ++i) {
    const auto& dim = shape.dim(i);
    text += i ? "x" : "";
    text += dim.has_dim_value() ? std::to_string(dim.dim_value()) : dim.dim_param().empty() ? "?" : dim.dim_param();
  }
  return text;
}

std::set<std::string> initializer_names(const onnx::GraphProto& graph) {
  std::set<std::string> names;
  for (const onnx::TensorProto& tensor : graph.initializer()) names.insert(tensor.name());
  return names;
}

std::string tensor_named(const onnx::GraphProto& graph, const std::string& until) {
  if (until.empty()) return {};
  std::string of_node;
  for (const onnx::NodeProto& node : graph.node()) {
    for (const std::string& output : node.output()) {
      if (output == until) return until;
      if (node.name() == until && of_node.empty()) of_node = output;
    }
  }
  return of_node;
}

std::vector<bool> needed_nodes(const onnx::GraphProto& graph, std::set<std::string> wanted) {
  std::vector<bool> needed(static_cast<std::size_t>(graph.node_size()), false);
  for (int i = graph.node_size(); i-- > 0;) {
    const onnx::NodeProto& node = graph.node(i);
    const bool is_needed = std::any_of(node.output().begin(), node.output().end(),
                                       [&](const std::string& output) { return wanted.count(output) > 0; });
    needed[static_cast<std::size_t>(i)] = is_needed;
    if (is_needed) wanted.insert(node.input().begin(), node.input().end());
  }
  return needed;
}

std::set<std::string> read_tensors(const onnx::GraphProto& graph, const std::vector<bool>& needed) {
  std::set<std::string> read;
  for (int i = 0; i < graph.node_size(); ++i) {
    if (needed[static_cast<std::size_t>(i)]) read.insert(graph.node(i).input().begin(), graph.node(i).input().end());
  }
  return read;
}

bool is_setting(const std::string& op, int port) {
  static const std::map<std::string, int> kFirstSetting{{"Clip", 1},  {"Dropout", 1}, {"Pad", 1},
                                                        {"Range", 0}, {"Resize", 1},  {"Upsample", 1}};
  const auto found = kFirstSetting.find(op);
  return found != kFirstSetting.end() && port >= found->second;
}

}  // namespace thaw::onnx_io
