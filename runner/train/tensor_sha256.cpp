#include "runner/train/tensor_sha256.h"

#include "runner/store/sha256.h"

namespace thaw {

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
