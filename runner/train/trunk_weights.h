#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ops/parameter_store.h"
#include "runner/store/safetensors.h"

namespace thaw {

/// The weights of a frozen trunk. Sessions of one trunk may share them: none of them changes any.
class TrunkWeights {
 public:
  explicit TrunkWeights(std::shared_ptr<Device> device) : store_(std::move(device)) {}

  ParameterStore& store() { return store_; }
  const ParameterStore& store() const { return store_; }
  void write(const std::string& name, const std::vector<float>& values);

  /// As tensor_sha256 says of the memory at the first call after forget_digests().
  const std::string& digest(const std::string& name) const;
  /// Call when something ran that could have changed them: what they are is found anew then.
  void forget_digests() { digests_.clear(); }

 private:
  ParameterStore store_;
  mutable std::map<std::string, std::string> digests_;
};

/// SHA-256 over name, shape and values.
std::string tensor_sha256(const NamedTensor& tensor);
/// SHA-256 over those of tensors, in order.
std::string joined_sha256(const std::vector<std::string>& digests);
/// Both.
std::string tensors_sha256(const std::vector<NamedTensor>& tensors);

}  // namespace thaw
