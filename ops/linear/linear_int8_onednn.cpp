// Dense layers of 8-bit integers.
#include "ops/device/cpu/onednn_compat.h"
#include "ops/device/cpu/quantized.h"
#include "ops/linear/linear_onednn.h"

namespace thaw::cpu {

std::unique_ptr<Kernel> bind_quantized_gemm(BindContext& context) {
  const Node& node = context.node();
  if (!is_quantized_product(context, node) || !context.input_layout(0)) return nullptr;
  const Integers src = integers_of(*context.quantization(node.inputs[0]));
  const ProductSteps steps{src.step, filter_steps(*context.quantization(node.inputs[1]), has_exact_products())};
  const Shape& rows = context.input_type(0).shape;
  ProductDescs descs;
  descs.src = any_desc(rows, src.type);
  descs.weights = any_desc(gemm_kernel_dims(context.output_type(0).shape[1], rows), dnnl::memory::data_type::s8);
  if (context.has_input(2)) descs.bias = plain_desc(context.input_type(2));
  descs.dst = plain_desc(context.output_type(0));
  try {
    const auto pd = quantized_inner_product(descs, FusedActivation::of(node.attributes), steps);
    if (std::string(pd.impl_info_str()).find("ref") != std::string::npos) return nullptr;
    context.store_input(1, layout_of(plain_desc(context.input_type(1))));
    std::vector<PrimitiveArgument> inputs{{DNNL_ARG_SRC, 0, pd.src_desc(), src.steps()},
                                          {DNNL_ARG_WEIGHTS, 1, pd.weights_desc(), {steps.weights, 1}}};
    for (auto& scale : scale_arguments(steps)) inputs.push_back(std::move(scale));
    if (context.has_input(2)) {
      inputs.push_back({DNNL_ARG_BIAS, 2, descs.bias, bias_steps(steps)});
      context.store_input(2, layout_of(descs.bias));
    }
    return bind_primitive(context, dnnl::inner_product_forward(pd), pd.scratchpad_desc(), inputs,
                          {{DNNL_ARG_DST, 0, pd.dst_desc()}});
  } catch (const dnnl::error&) {
    return nullptr;
  }
}

}  // namespace thaw::cpu
