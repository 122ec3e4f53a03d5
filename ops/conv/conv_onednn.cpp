// CPU kernels of the convolution family: oneDNN chooses every layout.
#include "ops/device/cpu/kernels.h"
#include "ops/device/cpu/onednn.h"
#include "ops/device/cpu/onednn_compat.h"
#include "ops/window.h"

namespace thaw::cpu {
namespace {

std::unique_ptr<Kernel> make_conv(BindContext& context) {
  const auto& attributes = context.node().attributes;
  const bool has_bias = context.has_input(2);
  const auto bias = has_bias ? plain_desc(context.input_type(2)) : dnnl::memory::desc();
  const auto pd = conv_forward(context.is_training(), Window::of(attributes), any_desc(context.input_type(0).shape),
                               any_desc(context.input_type(1).shape), has_bias ? &bias : nullptr,
                               any_desc(context.output_type(0).shape), FusedActivation::of(attributes));
  std::vector<PrimitiveArgument> inputs{{DNNL_ARG_SRC, 0, pd.src_desc()}, {DNNL_ARG_WEIGHTS, 1, pd.weights_desc()}};
  if (has_bias) inputs.push_back({DNNL_ARG_BIAS, 2, bias});
  return bind_primitive(context, dnnl::convolution_forward(pd), pd.scratchpad_desc(), inputs,
                        {{DNNL_ARG_DST, 0, pd.dst_desc()}});
}

std::unique_ptr<Kernel> make_grad_input(BindContext& context) {
  const auto pd = conv_backward_data(Window::of(context.node().attributes), any_desc(context.output_type(0).shape),
                                     any_desc(context.input_type(1).shape), any_desc(context.input_type(0).shape));
  return bind_primitive(context, dnnl::convolution_backward_data(pd), pd.scratchpad_desc(),
                        {{DNNL_ARG_DIFF_DST, 0, pd.diff_dst_desc()}, {DNNL_ARG_WEIGHTS, 1, pd.weights_desc()}},
                        {{DNNL_ARG_DIFF_SRC, 0, pd.diff_src_desc()}});
}

std::unique_ptr<Kernel> make_grad_weight(BindContext& context) {
  const bool has_bias = context.node().attributes.integer("has_bias") != 0;
  const auto bias = has_bias ? plain_desc(context.output_type(1)) : dnnl::memory::desc();
  const auto pd = conv_backward_weights(Window::of(context.node().attributes), any_desc(context.input_type(0).shape),
                                        any_desc(context.output_type(0).shape), has_bias ? &bias : nullptr,
                                        any_desc(context.input_type(1).shape));
  std::vector<PrimitiveArgument> outputs{{DNNL_ARG_DIFF_WEIGHTS, 0, pd.diff_weights_desc()}};
  if (has_bias) outputs.push_back({DNNL_ARG_DIFF_BIAS, 1, bias});
  return bind_primitive(context, dnnl::convolution_backward_weights(pd), pd.scratchpad_desc(),
                        {{DNNL_ARG_SRC, 0, pd.src_desc()}, {DNNL_ARG_DIFF_DST, 1, pd.diff_dst_desc()}}, outputs);
}

}  // namespace

void add_conv_kernels(KernelTable& table) {
  table["Conv"] = make_conv;
  table["ConvGradInput"] = make_grad_input;
  table["ConvGradWeight"] = make_grad_weight;
}

}  // namespace thaw::cpu
