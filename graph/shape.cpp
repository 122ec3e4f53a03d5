#include "graph/shape.h"

#include "schemas/diagnostic.h"

namespace thaw {

std::int64_t element_count(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (__builtin_mul_overflow(count, extent, &count)) throw InternalError("shape " + to_text(shape) + " is too large");
  }
  return count;
}

std::int64_t byte_count(const TensorType& type) {
  static_assert(sizeof(float) == 4);
  return element_count(type.shape) * 4;  // both element types take four bytes
}

std::string to_text(const Shape& shape) {
  if (shape.empty()) return "scalar";
  std::string text;
  for (const std::int64_t extent : shape) text += (text.empty() ? "" : "x") + std::to_string(extent);
  return text;
}

std::string to_text(const TensorType& type) {
  return (type.dtype == DType::kFloat32 ? "f32 " : "i32 ") + to_text(type.shape);
}

}  // namespace thaw
