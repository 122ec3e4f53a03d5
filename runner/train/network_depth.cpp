#include "runner/train/network_depth.h"

#include <algorithm>
#include <functional>
#include <map>

namespace thaw {
namespace {

/// The pixels of what a node puts out; 0: rows of values.
std::int64_t area_of(const Graph& graph, const Node& node) {
  const Shape& shape = graph.value(node.outputs.at(0)).type.shape;
  std::int64_t area = shape.size() > 2 ? 1 : 0;
  for (std::size_t axis = 2; axis < shape.size(); ++axis) area *= shape[axis];
  return area;
}

}  // namespace

std::vector<std::set<std::string>> stages_of_depth(const BuiltGraph& built, const std::set<std::string>& names) {
  const Graph& graph = *built.graph;
  // What a node makes of weights alone, such as another shape, is as good as the weights.
  std::vector<std::set<std::string>> weights(graph.values().size());
  std::vector<bool> is_of_sample(graph.values().size(), false);
  for (std::size_t i = 0; i < graph.values().size(); ++i) {
    const Value& value = graph.values()[i];
    if (value.kind == ValueKind::kParameter && names.count(value.name) > 0) weights[i].insert(value.name);
    is_of_sample[i] = value.kind == ValueKind::kInput;
  }
  std::vector<std::pair<std::int64_t, std::set<std::string>>> readers;  // in the network's order
  for (const Node& node : graph.nodes()) {
    if (node.phase != Phase::kForward || node.outputs.empty()) continue;
    std::set<std::string> read;
    bool sees_sample = false;
    for (const ValueId input : node.inputs) {
      if (input == kNoValue) continue;
      const auto at = static_cast<std::size_t>(input);
      read.insert(weights[at].begin(), weights[at].end());
      sees_sample = sees_sample || is_of_sample[at];
    }
    for (const ValueId output : node.outputs) {
      is_of_sample[static_cast<std::size_t>(output)] = sees_sample;
      if (!sees_sample) weights[static_cast<std::size_t>(output)] = read;
    }
    if (sees_sample && !read.empty()) readers.emplace_back(area_of(graph, node), std::move(read));
  }
  std::map<std::string, std::int64_t> area_of_layer;
  std::map<std::string, std::string> layers;
  for (const ParameterInit& parameter : built.model.parameters) layers[parameter.name] = parameter.layer;
  std::int64_t largest_behind = 0;
  for (auto reader = readers.rbegin(); reader != readers.rend(); ++reader) {
    largest_behind = std::max(largest_behind, reader->first);
    for (const std::string& name : reader->second) area_of_layer[layers.at(name)] = largest_behind;
  }
  // Running statistics go with what they are used beside.
  std::map<std::int64_t, std::set<std::string>> by_area;
  for (const std::string& name : names) {
    const auto found = area_of_layer.find(layers.at(name));
    by_area[found == area_of_layer.end() ? 0 : found->second].insert(name);
  }
  std::vector<std::set<std::string>> stages;
  for (auto& [area, members] : by_area) stages.push_back(std::move(members));
  return stages;
}

}  // namespace thaw
