#include "runner/store/real_numbers.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "schemas/diagnostic.h"

namespace thaw {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are read as they lie in the file");

/// IEEE 754 binary16: 1 bit of sign, 5 of exponent (biased by 15), 10 of fraction.
float from_half(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const float sign = bits >> 15 ? -1.0F : 1.0F;
  if (exponent == 31) {
    return fraction ? std::numeric_limits<float>::quiet_NaN() : sign * std::numeric_limits<float>::infinity();
  }
  return sign * (exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                               : std::ldexp(static_cast<float>(1024 + fraction), exponent - 25));
}

/// The upper half of a float.
float from_bfloat(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

float from_double(double value) { return static_cast<float>(value); }
float from_float(float value) { return value; }

template <typename Raw>
std::vector<float> convert(std::span<const char> bytes, float (*one)(Raw)) {
  std::vector<float> values(bytes.size() / sizeof(Raw));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Raw raw;
    std::memcpy(&raw, bytes.data() + i * sizeof(Raw), sizeof(Raw));
    values[i] = one(raw);
  }
  return values;
}

}  // namespace

std::size_t real_number_bytes(const std::string& dtype) {
  return dtype == "F16" || dtype == "BF16" ? 2 : dtype == "F32" ? 4 : dtype == "F64" ? 8 : 0;
}

std::vector<float> real_numbers(const std::string& dtype, std::span<const char> bytes) {
  const std::size_t width = real_number_bytes(dtype);
  if (width == 0 || bytes.size() % width != 0) {
    throw InternalError(std::to_string(bytes.size()) + " bytes are no numbers of dtype " + dtype);
  }
  if (dtype == "F16") return convert<std::uint16_t>(bytes, from_half);
  if (dtype == "BF16") return convert<std::uint16_t>(bytes, from_bfloat);
  return dtype == "F64" ? convert<double>(bytes, from_double) : convert<float>(bytes, from_float);
}

}  // namespace thaw
