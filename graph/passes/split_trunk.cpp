#include "graph/passes/split_trunk.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

/// Below this a trunk costs more than it saves: layers that only rescale pixels.
constexpr std::int64_t kLeastFlopsPerPixel = 10;

/// Where a graph's values stand, counted as ValuePlace does.
std::vector<ValuePlace> places_of(const Graph& graph) {
  std::vector<ValuePlace> places(graph.values().size());
  std::map<std::pair<std::string, std::string>, int> counts;
  for (const Node& node : graph.nodes()) {
    const int occurrence = counts[{node.layer, node.op}]++;
    for (std::size_t k = 0; k < node.outputs.size(); ++k) {
      places[static_cast<std::size_t>(node.outputs[k])] = {node.layer, node.op, occurrence, static_cast<int>(k)};
    }
  }
  return places;
}

std::vector<ValueId> values_at(const Graph& graph, const TrunkCut& cut, ValueId picture) {
  const std::vector<ValuePlace> places = places_of(graph);
  std::vector<ValueId> found;
  for (const ValuePlace& wanted : cut.places) {
    if (wanted.layer.empty() && wanted.op.empty()) {
      found.push_back(picture);
      continue;
    }
    const auto place = std::find(places.begin(), places.end(), wanted);
    if (place == places.end())
      throw InternalError("the trunk's " + wanted.op + " of layer " + wanted.layer + " is gone");
    found.push_back(static_cast<ValueId>(place - places.begin()));
  }
  return found;
}

/// What a value depends on.
struct Dependence {
  bool is_frozen = false;    ///< on nothing but the picture and weights that stay
  bool is_pictured = false;  ///< on the picture
};

class TrunkFinder {
 public:
  TrunkFinder(const Graph& graph, const OpRegistry& registry, ValueId picture, const std::vector<ValueId>& results)
      : graph_(graph), registry_(registry), picture_(picture), results_(results), values_(graph.values().size()) {}

  TrunkCut run() {
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const Value& value = graph_.values()[i];
      values_[i].is_frozen = value.kind == ValueKind::kParameter && !value.trainable;
    }
    at(picture_) = {true, true};
    TrunkCut cut;
    std::vector<bool> crosses(values_.size(), false);
    for (const Node& node : graph_.nodes()) {
      const Dependence result = result_of(node);
      for (const ValueId output : node.outputs) at(output) = result;
      if (result.is_frozen) {
        if (result.is_pictured) cut.flops += flops_of(node);
        continue;
      }
      for (const ValueId input : node.inputs) {
        if (input != kNoValue && at(input).is_frozen && at(input).is_pictured)
          crosses[static_cast<std::size_t>(input)] = true;
      }
    }
    for (const ValueId output : graph_.outputs()) crosses[static_cast<std::size_t>(output)] = at(output).is_frozen;
    const Shape& shape = graph_.value(picture_).type.shape;
    cut.flops /= shape[0];
    if (cut.flops < kLeastFlopsPerPixel * element_count(shape) / shape[0]) return {};
    const std::vector<ValuePlace> places = places_of(graph_);
    for (std::size_t i = 0; i < crosses.size(); ++i) {
      if (crosses[i]) cut.places.push_back(places[i]);
    }
    return cut;
  }

 private:
  Dependence& at(ValueId id) { return values_.at(static_cast<std::size_t>(id)); }

  Dependence result_of(const Node& node) {
    Dependence result{true, false};
    for (const ValueId input : node.inputs) {
      if (input == kNoValue) continue;
      result.is_frozen = result.is_frozen && at(input).is_frozen;
      result.is_pictured = result.is_pictured || at(input).is_pictured;
    }
    if (result.is_pictured && !keeps_samples_apart(node)) result.is_frozen = false;
    if (std::any_of(node.outputs.begin(), node.outputs.end(), [&](ValueId output) { return is_result(output); })) {
      result.is_frozen = false;
    }
    return result;
  }

  bool is_result(ValueId value) const { return std::find(results_.begin(), results_.end(), value) != results_.end(); }

  /// Rows stay rows: one of each sample, and of no other.
  bool keeps_samples_apart(const Node& node) const {
    if (registry_.get(node.op).mixes_samples) return false;
    const std::int64_t batch = graph_.value(picture_).type.shape[0];
    return std::all_of(node.outputs.begin(), node.outputs.end(), [&](ValueId output) {
      const TensorType& type = graph_.value(output).type;
      return type.dtype == DType::kFloat32 && !type.shape.empty() && type.shape[0] == batch;
    });
  }

  std::int64_t flops_of(const Node& node) const {
    const OpDef& def = registry_.get(node.op);
    return def.flops ? def.flops(InferContext{graph_, node}) : 0;
  }

  const Graph& graph_;
  const OpRegistry& registry_;
  ValueId picture_;
  const std::vector<ValueId>& results_;
  std::vector<Dependence> values_;
};

}  // namespace

TrunkCut find_trunk(const Graph& graph, const OpRegistry& registry, ValueId picture,
                    const std::vector<ValueId>& results) {
  return TrunkFinder(graph, registry, picture, results).run();
}

std::vector<ValueId> feed_features(Graph& graph, const TrunkCut& cut, ValueId picture, std::vector<ValueId*> values) {
  std::vector<ValueId> inputs;
  for (const ValueId crossing : values_at(graph, cut, picture)) {
    const std::string name = "features[" + std::to_string(inputs.size()) + "]";
    const ValueId input = graph.add_value({name, graph.value(crossing).type, ValueKind::kInput});
    graph.replace_uses(crossing, input);
    for (ValueId* value : values) {
      if (*value == crossing) *value = input;
    }
    inputs.push_back(input);
  }
  return inputs;
}

TrunkGraph extract_trunk(const Graph& graph, const TrunkCut& cut, ValueId picture) {
  TrunkGraph trunk;
  trunk.graph = std::make_shared<Graph>();
  std::vector<ValueId> copies(graph.values().size(), kNoValue);
  const auto copy_of = [&](ValueId id) -> ValueId& { return copies.at(static_cast<std::size_t>(id)); };
  trunk.picture = copy_of(picture) = trunk.graph->add_value(graph.value(picture));

  const std::vector<ValueId> crossing = values_at(graph, cut, picture);
  std::vector<bool> is_needed(graph.values().size(), false);
  for (const ValueId value : crossing) is_needed[static_cast<std::size_t>(value)] = true;
  std::vector<bool> is_copied(graph.nodes().size(), false);
  for (std::size_t i = graph.nodes().size(); i-- > 0;) {
    const Node& node = graph.nodes()[i];
    is_copied[i] = std::any_of(node.outputs.begin(), node.outputs.end(),
                               [&](ValueId output) { return is_needed[static_cast<std::size_t>(output)]; });
    if (!is_copied[i]) continue;
    for (const ValueId input : node.inputs) {
      if (input != kNoValue) is_needed[static_cast<std::size_t>(input)] = true;
    }
  }
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    if (!is_copied[i]) continue;
    Node node = graph.nodes()[i];
    for (ValueId& input : node.inputs) {
      if (input == kNoValue) continue;
      if (copy_of(input) == kNoValue) {
        Value value = graph.value(input);
        value.trainable = false;
        copy_of(input) = trunk.graph->add_value(std::move(value));
      }
      input = copy_of(input);
    }
    std::vector<TensorType> types;
    for (const ValueId output : graph.nodes()[i].outputs) types.push_back(graph.value(output).type);
    const std::vector<ValueId> outputs = trunk.graph->add_node(std::move(node), types);
    for (std::size_t k = 0; k < outputs.size(); ++k) copy_of(graph.nodes()[i].outputs[k]) = outputs[k];
  }
  for (const ValueId value : crossing) {
    if (value == picture) {
      trunk.outputs.push_back(TrunkGraph::kPicture);
      continue;
    }
    trunk.graph->mark_output(copy_of(value));
    trunk.outputs.push_back(trunk.graph->outputs().size() - 1);
  }
  return trunk;
}

}  // namespace thaw
