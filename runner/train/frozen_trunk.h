#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "graph/passes/split_trunk.h"
#include "ops/parameter_store.h"

namespace thaw {

/// The frozen trunk of a session: what it computes, and its weights. Sessions may share one: none of them changes any.
class FrozenTrunk {
 public:
  /// Weights are zeros until they are written.
  FrozenTrunk(TrunkGraph graph, const std::shared_ptr<Device>& device);

  const TrunkGraph& graph() const { return graph_; }
  const ParameterStore& weights() const { return weights_; }
  void write(const std::string& name, const std::vector<float>& values);

  /// As tensor_sha256 says of the memory at the first call after forget_digests().
  const std::string& digest(const std::string& name) const;
  /// Call when something ran that could have changed them: what they are is found anew then.
  void forget_digests() { digests_.clear(); }

 private:
  TrunkGraph graph_;
  ParameterStore weights_;
  mutable std::map<std::string, std::string> digests_;
};

}  // namespace thaw
