#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace thaw {

/// Static extents, outermost first. Images are always N x C x H x W, whatever their layout in memory.
using Shape = std::vector<std::int64_t>;

enum class DType { kFloat32, kInt32 };

/// What a tensor holds, without saying how it lies in memory.
struct TensorType {
  DType dtype = DType::kFloat32;
  Shape shape;

  bool operator==(const TensorType&) const = default;
};

/// Product of the extents; 1 for a scalar. Throws InternalError on overflow.
std::int64_t element_count(const Shape& shape);
std::int64_t byte_count(const TensorType& type);

/// "64x16x73x73".
std::string to_text(const Shape& shape);
/// "f32 64x16x73x73".
std::string to_text(const TensorType& type);

}  // namespace thaw
