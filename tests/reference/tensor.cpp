#include "tests/reference/tensor.h"

#include "schemas/diagnostic.h"

namespace thaw::reference {

Tensor::Tensor(Shape extents) : shape(std::move(extents)) {
  values.assign(static_cast<std::size_t>(element_count(shape)), 0.0);
}

Tensor::Tensor(Shape extents, std::vector<double> numbers) : shape(std::move(extents)), values(std::move(numbers)) {
  if (static_cast<std::int64_t>(values.size()) != element_count(shape)) {
    throw InternalError("reference: " + std::to_string(values.size()) + " numbers for a tensor of " + to_text(shape));
  }
}

std::int64_t Tensor::row_length() const {
  std::int64_t length = 1;
  for (std::size_t axis = 1; axis < shape.size(); ++axis) length *= shape[axis];
  return length;
}

}  // namespace thaw::reference
