// CPU kernels of the fully connected family: oneDNN's inner product, which reads a blocked picture as it lies when the
// weights are 4-D too.
#include "ops/linear/linear_onednn.h"

#include "ops/device/cpu/kernels.h"
#include "ops/device/cpu/onednn.h"
#include "ops/device/cpu/onednn_compat.h"
#include "ops/linear/large_weights.h"

namespace thaw::cpu {
namespace {

constexpr auto kStored = dnnl::memory::data_type::f32;  ///< weights, their gradients and rows of results

/// As input `i` lies, in the numbers that are multiplied.
dnnl::memory::desc multiplied_desc(const BindContext& context, int i) {
  return with_data_type(desc_of(input_layout_as_it_is(context, i)), compute_type(context));
}

/// Whether the rows come from outside, as features of a frozen trunk do: there is no third product then, whose gradient
/// would flow on. Large weights then lie with all units of a value side by side, which the forward product reads twice
/// as fast (1024 units of 37632 values, batch 32: 8 ms instead of 16).
bool are_units_together(const BindContext& context) {
  const Value& rows = context.graph().value(context.node().inputs.at(0));
  return rows.kind == ValueKind::kInput && compute_type(context) == kStored;
}

/// The weights of this node for rows that lie as `rows` says.
dnnl::memory::desc weights_desc(const BindContext& context, std::int64_t units, const dnnl::memory::desc& rows,
                                dnnl::memory::data_type type) {
  const auto dims = gemm_kernel_dims(units, dims_of(rows));
  const bool is_matrix = dims.size() == 2;
  if (element_count(dims) < kLargeWeights || (!is_matrix && !find_channel_blocks(rows))) return any_desc(dims, type);
  if (is_matrix && are_units_together(context)) return {dims, type, dnnl::memory::format_tag::ba};
  return with_data_type(is_matrix ? plain_desc(dims) : reshaped_like(rows, dims), type);
}

/// The weights as they lie if they are large and in the order of rows; else for oneDNN to lay out.
dnnl::memory::desc weights_as_stored(const BindContext& context, int i, const dnnl::memory::dims& dims) {
  const auto type = compute_type(context);
  const LayoutPtr layout = context.input_layout(i);
  if (!layout || element_count(dims) < kLargeWeights || dims_of(desc_of(layout)) != dims) return any_desc(dims, type);
  const auto& desc = desc_of(layout);
  const bool is_in_order = dims.size() == 2 ? desc == plain_desc(dims) : find_channel_blocks(desc).has_value();
  return is_in_order ? with_data_type(desc, type) : any_desc(dims, type);
}

std::unique_ptr<Kernel> make_gemm(BindContext& context) {
  if (auto kernel = bind_quantized_gemm(context)) return kernel;
  const bool has_bias = context.has_input(2);
  const auto bias = has_bias ? plain_desc(context.input_type(2)) : dnnl::memory::desc();
  const auto type = compute_type(context);
  const auto src = multiplied_desc(context, 0), dst = plain_desc(context.output_type(0));
  const std::int64_t units = context.output_type(0).shape[1];
  const auto pd =
      inner_product_forward(context.is_training(), src, weights_desc(context, units, src, type),
                            has_bias ? &bias : nullptr, dst, FusedActivation::of(context.node().attributes));
  if (type != kStored) {
    // As backward will lay out the gradient, so that the optimizer walks both side by side.
    const auto backward = inner_product_backward_weights(src, weights_desc(context, units, src, kStored), nullptr,
                                                         with_data_type(dst, type));
    context.store_input(1, layout_of(backward.diff_weights_desc()));
  }
  std::vector<PrimitiveArgument> inputs{{DNNL_ARG_SRC, 0, pd.src_desc()}, {DNNL_ARG_WEIGHTS, 1, pd.weights_desc()}};
  if (has_bias) inputs.push_back({DNNL_ARG_BIAS, 2, bias});
  return bind_primitive(context, dnnl::inner_product_forward(pd), pd.scratchpad_desc(), inputs,
                        {{DNNL_ARG_DST, 0, pd.dst_desc()}});
}

std::unique_ptr<Kernel> make_grad_input(BindContext& context) {
  const Shape& rows = context.output_type(0).shape;
  const auto type = compute_type(context);
  const auto pd =
      inner_product_backward_data(any_desc(rows, rows.size() > 2 ? type : kStored),
                                  weights_as_stored(context, 1, gemm_kernel_dims(context.input_type(1).shape[0], rows)),
                                  with_data_type(plain_desc(context.input_type(0)), type));
  return bind_primitive(context, dnnl::inner_product_backward_data(pd), pd.scratchpad_desc(),
                        {{DNNL_ARG_DIFF_DST, 0, pd.diff_dst_desc()}, {DNNL_ARG_WEIGHTS, 1, pd.weights_desc()}},
                        {{DNNL_ARG_DIFF_SRC, 0, pd.diff_src_desc()}});
}

std::unique_ptr<Kernel> make_grad_weight(BindContext& context) {
  const bool has_bias = context.node().attributes.integer("has_bias") != 0;
  const auto bias = has_bias ? plain_desc(context.output_type(1)) : dnnl::memory::desc();
  const auto src = multiplied_desc(context, 0);
  const auto pd = inner_product_backward_weights(
      src, weights_desc(context, context.input_type(1).shape[1], src, kStored), has_bias ? &bias : nullptr,
      with_data_type(plain_desc(context.input_type(1)), compute_type(context)));
  std::vector<PrimitiveArgument> outputs{{DNNL_ARG_DIFF_WEIGHTS, 0, pd.diff_weights_desc()}};
  if (has_bias) outputs.push_back({DNNL_ARG_DIFF_BIAS, 1, bias});
  return bind_primitive(context, dnnl::inner_product_backward_weights(pd), pd.scratchpad_desc(),
                        {{DNNL_ARG_SRC, 0, pd.src_desc()}, {DNNL_ARG_DIFF_DST, 1, pd.diff_dst_desc()}}, outputs);
}

}  // namespace

dnnl::memory::dims gemm_kernel_dims(std::int64_t units, const Shape& rows) {
  dnnl::memory::dims dims(rows);
  dims[0] = units;
  return dims;
}

void add_linear_kernels(KernelTable& table) {
  table["Gemm"] = make_gemm;
  table["GemmGradInput"] = make_grad_input;
  table["GemmGradWeight"] = make_grad_weight;
}

}  // namespace thaw::cpu
