// The libFuzzer entry: cmake -DTHAW_FUZZ=ON with clang, then config_fuzzer tests/fuzz/corpus tests/bad_configs
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/config_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  thaw::fuzz_config(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
