#include "runner/train/frozen_trunk.h"

#include <utility>

#include "runner/train/tensor_sha256.h"

namespace thaw {

FrozenTrunk::FrozenTrunk(TrunkGraph graph, const std::shared_ptr<Device>& device)
    : graph_(std::move(graph)), weights_(device) {
  for (const ValueId id : graph_.graph->parameters()) {
    const Value& value = graph_.graph->value(id);
    weights_.add(value.name, value.type, device->plain_layout(value.type), false);
  }
}

void FrozenTrunk::write(const std::string& name, const std::vector<float>& values) {
  weights_.write(name, values);
  digests_.erase(name);
}

const std::string& FrozenTrunk::digest(const std::string& name) const {
  std::string& digest = digests_[name];
  if (digest.empty()) digest = tensor_sha256({name, weights_.get(name).type.shape, weights_.read(name)});
  return digest;
}

}  // namespace thaw
