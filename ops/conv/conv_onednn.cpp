// CPU kernels of convolutions: oneDNN chooses every layout.
#include "ops/conv/conv_onednn.h"

#include "ops/device/cpu/kernels.h"
#include "ops/device/cpu/onednn_compat.h"

namespace thaw::cpu {
namespace {

std::unique_ptr<Kernel> make_conv(BindContext& context) {
  const Node& node = context.node();
  const bool has_bias = context.has_input(2);
  const auto bias = has_bias ? plain_desc(context.input_type(2)) : dnnl::memory::desc();
  const auto pd = conv_forward(context.is_training(), conv_window(node, context.input_type(0)),
                               any_desc(context.input_type(0).shape), any_kernel_desc(node, context.input_type(1)),
                               has_bias ? &bias : nullptr, any_desc(context.output_type(0).shape),
                               FusedActivation::of(node.attributes));
  std::vector<PrimitiveArgument> inputs{{DNNL_ARG_SRC, 0, pd.src_desc()}, {DNNL_ARG_WEIGHTS, 1, pd.weights_desc()}};
  if (has_bias) inputs.push_back({DNNL_ARG_BIAS, 2, bias});
  return bind_primitive(context, dnnl::convolution_forward(pd), pd.scratchpad_desc(), inputs,
                        {{DNNL_ARG_DST, 0, pd.dst_desc()}});
}

std::unique_ptr<Kernel> make_grad_weight(BindContext& context) {
  const Node& node = context.node();
  const bool has_bias = node.attributes.integer("has_bias") != 0;
  const auto bias = has_bias ? plain_desc(context.output_type(1)) : dnnl::memory::desc();
  const auto pd = conv_backward_weights(conv_window(node, context.input_type(0)), any_desc(context.input_type(0).shape),
                                        any_kernel_desc(node, context.output_type(0)), has_bias ? &bias : nullptr,
                                        any_desc(context.input_type(1).shape));
  std::vector<PrimitiveArgument> outputs{{DNNL_ARG_DIFF_WEIGHTS, 0, pd.diff_weights_desc()}};
  if (has_bias) outputs.push_back({DNNL_ARG_DIFF_BIAS, 1, bias});
  return bind_primitive(context, dnnl::convolution_backward_weights(pd), pd.scratchpad_desc(),
                        {{DNNL_ARG_SRC, 0, pd.src_desc()}, {DNNL_ARG_DIFF_DST, 1, pd.diff_dst_desc()}}, outputs);
}

}  // namespace

Window conv_window(const Node& node, const TensorType& picture) {
  return Window::of(node.attributes, picture.shape.size() - 2);
}

dnnl::memory::desc any_kernel_desc(const Node& node, const TensorType& kernel) {
  const std::int64_t group = node.attributes.integer("group", 1);
  if (group == 1) return any_desc(kernel.shape);
  dnnl::memory::dims dims = kernel.shape;
  dims[0] /= group;
  dims.insert(dims.begin(), group);
  return any_desc(dims);
}

dnnl::convolution_backward_data::primitive_desc describe_spread(const BindContext& context) {
  const Node& node = context.node();
  return conv_backward_data(conv_window(node, context.input_type(0)), any_desc(context.output_type(0).shape),
                            any_kernel_desc(node, context.input_type(1)), any_desc(context.input_type(0).shape));
}

std::unique_ptr<Kernel> bind_spread(BindContext& context,
                                    const dnnl::convolution_backward_data::primitive_desc& description) {
  return bind_primitive(
      context, dnnl::convolution_backward_data(description), description.scratchpad_desc(),
      {{DNNL_ARG_DIFF_DST, 0, description.diff_dst_desc()}, {DNNL_ARG_WEIGHTS, 1, description.weights_desc()}},
      {{DNNL_ARG_DIFF_SRC, 0, description.diff_src_desc()}});
}

void add_conv_kernels(KernelTable& table) {
  table["Conv"] = make_conv;
  table["ConvGradInput"] = [](BindContext& context) { return bind_spread(context, describe_spread(context)); };
  table["ConvGradWeight"] = make_grad_weight;
  add_conv_transpose_kernels(table);
}

}  // namespace thaw::cpu
