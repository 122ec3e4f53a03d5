#pragma once

#include <memory>
#include <string>
#include <vector>

#include "graph/op_registry.h"

namespace thaw {

/// A computed value of a composed model that is found again in another composition of the same layers: for another
/// batch, or as they act outside training.
struct ValuePlace {
  std::string layer;  ///< empty: the picture itself
  std::string op;
  int occurrence = 0;  ///< among the layer's nodes of this operator
  int output = 0;

  bool operator==(const ValuePlace&) const = default;
};

/// Where a network is cut in two: a trunk, of which every row depends on its picture and on frozen weights alone, and
/// the rest.
struct TrunkCut {
  std::vector<ValuePlace> places;  ///< what crosses the cut, in the order it is computed; empty: there is no trunk
  std::int64_t flops = 0;          ///< of the trunk, one sample, before any fusion

  bool empty() const { return places.empty(); }
};

/// The largest trunk of a forward graph: everything before the first node that reads a trainable parameter, draws at
/// random, takes another input or mixes samples. What computes one of `results` stays behind it, too: a loss is fused
/// with the function before it. Nothing where the trunk would do next to no work (less than ten operations a pixel).
TrunkCut find_trunk(const Graph& graph, const OpRegistry& registry, ValueId picture,
                    const std::vector<ValueId>& results = {});

/// Makes inputs, called "features[0]" and so on, of the values at `cut`'s places; what computed them is left for
/// remove_dead. Returns them, and changes `values` (of the graph) accordingly. Throws InternalError if the graph lacks
/// a place.
std::vector<ValueId> feed_features(Graph& graph, const TrunkCut& cut, ValueId picture, std::vector<ValueId*> values);

/// The trunk as a graph of its own, with the values at the cut's places as outputs.
struct TrunkGraph {
  std::shared_ptr<Graph> graph;
  ValueId picture = kNoValue;
  std::vector<std::size_t> outputs;  ///< by place: index among the graph's outputs; kPicture for the picture itself

  static constexpr std::size_t kPicture = ~std::size_t{0};
};

/// Takes the trunk out of a forward graph of the same layers.
TrunkGraph extract_trunk(const Graph& graph, const TrunkCut& cut, ValueId picture);

}  // namespace thaw
