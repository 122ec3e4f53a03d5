// Convolutions of 8-bit integers: pictures with one step, kernels with one for each filter.
#include "ops/conv/conv_onednn.h"
#include "ops/device/cpu/onednn_compat.h"
#include "ops/device/cpu/quantized.h"

namespace thaw::cpu {
namespace {

/// A convolution while its numbers are chosen.
class QuantizedConv {
 public:
  explicit QuantizedConv(BindContext& context)
      : context_(context), src_(integers_of(*context.quantization(context.node().inputs[0]))) {
    steps_.src = src_.step;
    // For signed pictures oneDNN halves the kernel itself.
    const bool is_exact = has_exact_products() || src_.type == dnnl::memory::data_type::s8;
    steps_.weights = filter_steps(*context.quantization(context.node().inputs[1]), is_exact);
  }

  /// Null where oneDNN has no fast primitive of that kind.
  std::unique_ptr<Kernel> bind() {
    if (const auto given = integers_to_give(context_)) {
      if (auto kernel = bind_to(given->type, given->step)) return kernel;
    }
    return bind_to(dnnl::memory::data_type::f32, 1);
  }

 private:
  std::unique_ptr<Kernel> bind_to(dnnl::memory::data_type type, float step) {
    steps_.dst = step;
    steps_.added.reset();
    if (context_.has_input(3)) {
      steps_.added = ProductSteps::Added{1, type};
      if (type != dnnl::memory::data_type::f32) {
        const Quantization* quantization = context_.quantization(context_.node().inputs[3]);
        if (!quantization) return nullptr;
        const Integers added = integers_of(*quantization);
        steps_.added = ProductSteps::Added{added.step, added.type};
      }
    }
    try {
      const auto description = describe(type);
      const std::string name = description.impl_info_str();
      return name.find("ref") == std::string::npos ? bind_primitive_of(description) : nullptr;
    } catch (const dnnl::error&) {
      return nullptr;
    }
  }

  dnnl::convolution_forward::primitive_desc describe(dnnl::memory::data_type type) const {
    const Node& node = context_.node();
    ProductDescs descs;
    descs.src = any_desc(context_.input_type(0).shape, src_.type);
    descs.weights = any_kernel_desc(node, context_.input_type(1), dnnl::memory::data_type::s8);
    if (context_.has_input(2)) descs.bias = plain_desc(context_.input_type(2));
    descs.dst = any_desc(context_.output_type(0).shape, type);
    return quantized_conv(conv_window(node, context_.input_type(0)), descs, FusedActivation::of(node.attributes),
                          steps_);
  }

  std::unique_ptr<Kernel> bind_primitive_of(const dnnl::convolution_forward::primitive_desc& description) {
    const auto dst = description.dst_desc();
    const bool is_dst_integer = data_type_of(dst) != dnnl::memory::data_type::f32;
    // Filters are axis 0, with groups axes 0 and 1.
    const Steps weights{steps_.weights, context_.node().attributes.integer("group", 1) == 1 ? 1 : 3};
    std::vector<PrimitiveArgument> inputs{{DNNL_ARG_SRC, 0, description.src_desc(), src_.steps()},
                                          {DNNL_ARG_WEIGHTS, 1, description.weights_desc(), weights}};
    for (auto& scale : scale_arguments(steps_)) inputs.push_back(std::move(scale));
    context_.store_input(1, layout_of(plain_desc(context_.input_type(1))));
    if (context_.has_input(2)) {
      const auto plain = plain_desc(context_.input_type(2));
      inputs.push_back({DNNL_ARG_BIAS, 2, plain, bias_steps(steps_)});
      context_.store_input(2, layout_of(plain));
    }
    auto kernel = bind_primitive(context_, dnnl::convolution_forward(description), description.scratchpad_desc(),
                                 inputs, {{DNNL_ARG_DST, 0, dst, is_dst_integer ? Steps{{steps_.dst}, 0} : Steps()}});
    if (!context_.has_input(3)) return kernel;
    const auto added = with_data_type(dst, steps_.added->type);
    context_.want_input(3, layout_of(added, is_dst_integer ? Steps{{steps_.added->step}, 0} : Steps()));
    return make_added_to(std::move(kernel), dst.get_size());
  }

  BindContext& context_;
  Integers src_;
  ProductSteps steps_;
};

}  // namespace

std::unique_ptr<Kernel> bind_quantized_conv(BindContext& context) {
  return is_quantized_product(context, context.node()) ? QuantizedConv(context).bind() : nullptr;
}

}  // namespace thaw::cpu
