// CPU kernel of MatMul: oneDNN's, on row-major operands. Turned axes are strides, not copies.
#include "ops/device/cpu/kernels.h"
#include "ops/device/cpu/onednn.h"
#include "ops/device/cpu/onednn_compat.h"
#include "ops/linear/matmul.h"

namespace thaw::cpu {
namespace {

/// A row-major stack of matrices, read with its last two axes exchanged if `is_turned`.
dnnl::memory::desc matrices(const Shape& shape, bool is_turned) {
  const auto plain = plain_desc(dnnl::memory::dims(shape));
  if (!is_turned) return plain;
  std::vector<int> order(shape.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
  std::swap(order[order.size() - 1], order[order.size() - 2]);
  return plain.permute_axes(order);
}

std::unique_ptr<Kernel> make_matmul(BindContext& context) {
  const Attributes& attributes = context.node().attributes;
  const auto shapes = MatMulShapes::of(attributes, context.input_type(0).shape, context.input_type(1).shape);
  const auto a = matrices(shapes.a, attributes.integer("transA") != 0);
  const auto b = matrices(shapes.b, attributes.integer("transB") != 0);
  const auto y = matrices(shapes.y, false);
  const auto pd = matmul(a, b, y);
  for (int i = 0; i < 2; ++i) context.want_input(i, layout_of(plain_desc(context.input_type(i))));
  context.give_output(0, layout_of(plain_desc(context.output_type(0))));
  context.want_scratch(pd.scratchpad_desc().get_size());
  return make_primitive_kernel(dnnl::matmul(pd), pd.scratchpad_desc(), {{DNNL_ARG_SRC, 0, a}, {DNNL_ARG_WEIGHTS, 1, b}},
                               {{DNNL_ARG_DST, 0, y}});
}

}  // namespace

void add_matmul_kernels(KernelTable& table) { table["MatMul"] = make_matmul; }

}  // namespace thaw::cpu
