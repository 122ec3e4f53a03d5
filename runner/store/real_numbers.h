#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace thaw {

/// Bytes of a real number of a safetensors dtype ("F16", "BF16", "F32", "F64"); 0: it is none of these.
std::size_t real_number_bytes(const std::string& dtype);

/// The numbers in `bytes` as floats. F16 and BF16 keep every value exactly; F64 is rounded to the nearest float, and
/// what is beyond the largest becomes infinite. InternalError for other dtypes, or bytes that are no whole numbers.
std::vector<float> real_numbers(const std::string& dtype, std::span<const char> bytes);

}  // namespace thaw
