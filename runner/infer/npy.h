#pragma once

#include <string>

#include "graph/onnx/literal.h"

namespace thaw {

/// Reads a NumPy array file (format 1 to 3, C order, little-endian numbers or booleans). Throws InputError naming the
/// file. Source: numpy.lib.format.
onnx_io::Literal read_npy(const std::string& path);

/// The bytes of a float32 array in format 1.0.
std::string npy_bytes(const Shape& shape, const std::vector<float>& values);

}  // namespace thaw
