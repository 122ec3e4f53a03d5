// The libFuzzer entry: see CMakeLists.txt.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/onnx_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  thaw::fuzz_onnx(bytes);
  return 0;
}
