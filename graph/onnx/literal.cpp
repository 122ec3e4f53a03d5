#include "graph/onnx/literal.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace thaw::onnx_io {
namespace {

struct TypeFacts {
  const char* name;
  int onnx_number;
  int bits;  ///< 0: a real number
  bool is_signed;
};

// In the order of ElementType.
constexpr std::array<TypeFacts, 13> kTypes{{{"float32", 1, 0, true},
                                            {"float64", 11, 0, true},
                                            {"float16", 10, 0, true},
                                            {"bfloat16", 16, 0, true},
                                            {"int8", 3, 8, true},
                                            {"int16", 5, 16, true},
                                            {"int32", 6, 32, true},
                                            {"int64", 7, 64, true},
                                            {"uint8", 2, 8, false},
                                            {"uint16", 4, 16, false},
                                            {"uint32", 12, 32, false},
                                            {"uint64", 13, 64, false},
                                            {"bool", 9, 1, false}}};

const TypeFacts& facts(ElementType type) { return kTypes[static_cast<std::size_t>(type)]; }

}  // namespace

bool is_real(ElementType type) { return facts(type).bits == 0; }
std::string name_of(ElementType type) { return facts(type).name; }

ElementType element_type_of(int data_type) {
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    if (kTypes[i].onnx_number == data_type) return static_cast<ElementType>(i);
  }
  throw std::out_of_range("element type " + std::to_string(data_type));
}

double wrapped(double value, ElementType type) {
  const TypeFacts& type_facts = facts(type);
  if (type == ElementType::kFloat32) return static_cast<double>(static_cast<float>(value));
  if (type_facts.bits == 0) return value;
  if (type == ElementType::kBool) return value != 0 ? 1 : 0;
  value = std::trunc(value);
  if (type_facts.bits == 64) return value;
  const double range = std::ldexp(1.0, type_facts.bits);
  value = std::fmod(value, range);
  if (value < 0) value += range;
  if (type_facts.is_signed && value >= range / 2) value -= range;
  return value;
}

std::vector<std::int64_t> Literal::integers() const {
  constexpr double kLargest = 9.2e18;  // slices end at INT64_MAX to say "at the end"
  std::vector<std::int64_t> result;
  for (const double value : values) {
    const double clamped = std::isnan(value) ? 0 : std::clamp(value, -kLargest, kLargest);
    result.push_back(static_cast<std::int64_t>(clamped));
  }
  return result;
}

Shape strides_of(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

Shape broadcast_shape(const Shape& a, const Shape& b) {
  Shape result(std::max(a.size(), b.size()), 1);
  for (std::size_t i = 0; i < result.size(); ++i) {
    const std::int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1;
    const std::int64_t y = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1) {
      throw std::invalid_argument("shapes " + to_text(a) + " and " + to_text(b) + " do not broadcast");
    }
    result[result.size() - 1 - i] = x == 1 ? y : x;
  }
  return result;
}

}  // namespace thaw::onnx_io
