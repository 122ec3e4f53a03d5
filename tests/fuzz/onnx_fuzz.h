#pragma once

#include <string>

namespace thaw {

/// Takes any bytes through the ONNX reader. Aborts where a promise is broken: whatever is wrong with a model is an
/// InputError, and the graph of one that is accepted is sound.
void fuzz_onnx(const std::string& bytes);

/// A model written as protobuf text (tests/onnx/*/*.pbtxt) as the bytes of a model file; empty if it is no such text.
std::string model_bytes(const std::string& text);

}  // namespace thaw
