#include "runner/train/trunk_weights.h"

#include "runner/store/sha256.h"

namespace thaw {

void TrunkWeights::write(const std::string& name, const std::vector<float>& values) {
  store_.write(name, values);
  digests_.erase(name);
}

const std::string& TrunkWeights::digest(const std::string& name) const {
  std::string& digest = digests_[name];
  if (digest.empty()) digest = tensor_sha256({name, store_.get(name).type.shape, store_.read(name)});
  return digest;
}

std::string tensor_sha256(const NamedTensor& tensor) {
  Sha256 hash;
  hash.add_sized(tensor.name);
  hash.add_integer(static_cast<std::int64_t>(tensor.shape.size()));
  for (const std::int64_t extent : tensor.shape) hash.add_integer(extent);
  hash.add({reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size() * sizeof(float)});
  return hash.hex();
}

std::string joined_sha256(const std::vector<std::string>& digests) {
  Sha256 hash;
  for (const std::string& digest : digests) hash.add_sized(digest);
  return hash.hex();
}

std::string tensors_sha256(const std::vector<NamedTensor>& tensors) {
  std::vector<std::string> digests;
  for (const NamedTensor& tensor : tensors) digests.push_back(tensor_sha256(tensor));
  return joined_sha256(digests);
}

}  // namespace thaw
