#pragma once

#include <string>
#include <vector>

#include "graph/shape.h"

namespace thaw::onnx_io {

/// What ONNX calls an element type, as far as it changes arithmetic.
enum class ElementType {
  kFloat32,
  kFloat64,
  kFloat16,
  kBfloat16,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kBool
};

bool is_real(ElementType type);
/// "float32", as ONNX's documentation writes it.
std::string name_of(ElementType type);
/// The type with ONNX's number (TensorProto.DataType). Throws std::out_of_range for strings, complex numbers and 8-bit
/// floats.
ElementType element_type_of(int data_type);
/// Brings a number into the type's range, as ONNX's integer arithmetic does: wrapped, without a fraction.
double wrapped(double value, ElementType type);

/// A tensor whose elements are known while a model is read: weights, shapes, indices. Row-major. Doubles hold every
/// 32-bit number exactly; 64-bit integers beyond 2^53 only occur as "to the end" in slices.
struct Literal {
  ElementType type = ElementType::kFloat32;
  Shape shape;
  std::vector<double> values;

  std::vector<std::int64_t> integers() const;
};

/// Row-major strides of a shape.
Shape strides_of(const Shape& shape);
/// numpy's broadcasting of two shapes. Throws std::invalid_argument if they do not fit.
Shape broadcast_shape(const Shape& a, const Shape& b);

}  // namespace thaw::onnx_io
