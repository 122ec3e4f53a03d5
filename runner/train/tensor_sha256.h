#pragma once

#include <string>
#include <vector>

#include "runner/store/safetensors.h"

namespace thaw {

/// SHA-256 over name, shape and values.
std::string tensor_sha256(const NamedTensor& tensor);
/// SHA-256 over those of tensors, in order.
std::string joined_sha256(const std::vector<std::string>& digests);
/// Both.
std::string tensors_sha256(const std::vector<NamedTensor>& tensors);

}  // namespace thaw
