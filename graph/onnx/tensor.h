#pragma once

#include <string>

#include "graph/onnx/literal.h"

namespace onnx {
class TensorProto;
}

namespace thaw::onnx_io {

/// Decodes a tensor. `folder` is where the model lies: external data is read from below it and from nowhere else.
/// Throws std::runtime_error with what is wrong: the caller adds the place.
Literal decode(const onnx::TensorProto& proto, const std::string& folder);

/// Reads a file with one serialized TensorProto (ONNX's test vectors). Throws InputError naming the file.
Literal read_tensor_file(const std::string& path);

/// The bytes [offset, offset + length) of a file below `folder`; length < 0: to its end. Refuses absolute paths, "..",
/// symbolic and hard links, and what is not a plain file, so that a model can't make thaw read anything else. Throws
/// std::runtime_error.
std::string read_external(const std::string& folder, const std::string& location, std::int64_t offset,
                          std::int64_t length);

}  // namespace thaw::onnx_io
