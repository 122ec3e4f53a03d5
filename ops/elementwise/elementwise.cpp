// Operators that work on one element at a time; see unary.cpp, binary.cpp and dropout.cpp. Here: Constant-13 of ONNX
// with value_float: a scalar.
#include "graph/builder.h"
#include "ops/definitions.h"
#include "ops/elementwise/families.h"

namespace thaw {

std::int64_t one_flop_each(const InferContext& context) { return element_count(context.shape(0)); }

std::vector<TensorType> infer_same(const InferContext& context) {
  if (context.input(0).dtype != DType::kFloat32) context.fail("input", "must be real numbers");
  return {context.input(0)};
}

void define_elementwise(OpRegistry& registry) {
  define_unary(registry);
  define_binary(registry);
  define_dropout(registry);
  registry.add({.name = "Constant", .min_inputs = 0, .max_inputs = 0, .infer = [](const InferContext&) {
                  return std::vector<TensorType>{{DType::kFloat32, {}}};
                }});
}

}  // namespace thaw
