#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/shape.h"

namespace thaw::reference {

/// Numbers in row-major order. Integers (labels, step counts) are held as doubles too.
struct Tensor {
  Shape shape;
  std::vector<double> values;

  Tensor() = default;
  explicit Tensor(Shape extents);
  Tensor(Shape extents, std::vector<double> numbers);

  std::int64_t extent(int axis) const { return shape.at(static_cast<std::size_t>(axis)); }
  double& at(std::int64_t i) { return values.at(static_cast<std::size_t>(i)); }
  double at(std::int64_t i) const { return values.at(static_cast<std::size_t>(i)); }
  /// Row r, column c of a matrix; a tensor of higher rank is read as a matrix of its first extent's rows.
  double& at(std::int64_t r, std::int64_t c) { return at(r * row_length() + c); }
  double at(std::int64_t r, std::int64_t c) const { return at(r * row_length() + c); }
  /// Picture n, channel c, row y, column x.
  double& at(std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) { return at(offset(n, c, y, x)); }
  double at(std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) const { return at(offset(n, c, y, x)); }

  /// Elements in each row of the first extent.
  std::int64_t row_length() const;

 private:
  std::int64_t offset(std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) const {
    return ((n * shape[1] + c) * shape[2] + y) * shape[3] + x;
  }
};

}  // namespace thaw::reference
