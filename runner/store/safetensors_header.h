#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runner/store/safetensors.h"

namespace thaw {

/// What a safetensors header says; offsets count from the data's start.
struct SafetensorsHeader {
  TextMap metadata;
  std::vector<TensorEntry> tensors;
};

/// The JSON text, padded with spaces to a multiple of 8 bytes.
std::string render_safetensors_header(const SafetensorsHeader& header);

/// Reads and checks the JSON text: no duplicate keys, known dtypes, shapes that fit their offsets, tensors that tile
/// `data_size` bytes exactly. Throws InputError with the cause alone: the caller names the file.
SafetensorsHeader parse_safetensors_header(const std::string& json, std::int64_t data_size);

/// Bytes of a tensor; -1 if they do not fit into 63 bits or a dimension is negative.
std::int64_t tensor_bytes(const std::vector<std::int64_t>& shape, std::int64_t element_bytes);

}  // namespace thaw
