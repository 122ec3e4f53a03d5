// CPU kernels of batch normalization: oneDNN's, in the layout that the picture has.
#include <cmath>

#include "ops/device/cpu/host_kernel.h"
#include "ops/device/cpu/onednn_compat.h"
#include "ops/norm/norm_kernels.h"

namespace thaw::cpu {
namespace {

float epsilon_of(const BindContext& context) {
  return static_cast<float>(context.node().attributes.real("epsilon", 1e-5));
}

/// Each value a channel: plain vectors.
PrimitiveArgument channel_input(const BindContext& context, int argument, int index) {
  return {argument, index, plain_desc(context.input_type(index))};
}
PrimitiveArgument channel_output(const BindContext& context, int argument, int index) {
  return {argument, index, plain_desc(context.output_type(index))};
}

std::unique_ptr<Kernel> make_forward(BindContext& context, bool has_statistics) {
  const auto x = desc_of(input_layout_or_plain(context, 0));
  const auto pd = batch_norm_forward(x, epsilon_of(context), has_statistics);
  std::vector<PrimitiveArgument> inputs{
      {DNNL_ARG_SRC, 0, x}, channel_input(context, DNNL_ARG_SCALE, 1), channel_input(context, DNNL_ARG_SHIFT, 2)};
  std::vector<PrimitiveArgument> outputs{{DNNL_ARG_DST, 0, x}};
  if (has_statistics) {
    inputs.push_back(channel_input(context, DNNL_ARG_MEAN, 3));
    inputs.push_back(channel_input(context, DNNL_ARG_VARIANCE, 4));
  } else {
    outputs.push_back(channel_output(context, DNNL_ARG_MEAN, 1));
    outputs.push_back(channel_output(context, DNNL_ARG_VARIANCE, 2));
  }
  return bind_primitive(context, dnnl::batch_normalization_forward(pd), pd.scratchpad_desc(), inputs, outputs);
}

std::unique_ptr<Kernel> make_backward(BindContext& context, bool has_statistics) {
  const auto x = desc_of(input_layout_or_plain(context, 1));
  const auto pd = batch_norm_backward(x, epsilon_of(context), has_statistics);
  // oneDNN 2.6 asks for a shift too, which no gradient depends on: any vector of that size will do.
  return bind_primitive(context, dnnl::batch_normalization_backward(pd), pd.scratchpad_desc(),
                        {{DNNL_ARG_DIFF_DST, 0, x},
                         {DNNL_ARG_SRC, 1, x},
                         channel_input(context, DNNL_ARG_SCALE, 2),
                         channel_input(context, DNNL_ARG_SHIFT, 2),
                         channel_input(context, DNNL_ARG_MEAN, 3),
                         channel_input(context, DNNL_ARG_VARIANCE, 4)},
                        {{DNNL_ARG_DIFF_SRC, 0, x},
                         channel_output(context, DNNL_ARG_DIFF_SCALE, 1),
                         channel_output(context, DNNL_ARG_DIFF_SHIFT, 2)});
}

std::unique_ptr<Kernel> make_running_average(BindContext& context) {
  const Attributes& attributes = context.node().attributes;
  const auto kept = static_cast<float>(attributes.real("momentum", 0.99));
  const auto n = static_cast<double>(attributes.integer("unbiased_count", 0));
  const auto taken = static_cast<float>((1 - attributes.real("momentum", 0.99)) * (n > 1 ? n / (n - 1) : 1));
  const std::int64_t count = element_count(context.input_type(0).shape);
  return make_host_kernel(context, [=](const Buffers& b) {
    const bool is_finite = b.inputs.size() < 3 || !b.inputs[2] || !std::isnan(*floats(b.inputs[2]));
    float* running = mutable_floats(b.inputs[0]);
    const float* batch = floats(b.inputs[1]);
    for (std::int64_t i = 0; is_finite && i < count; ++i) running[i] = kept * running[i] + taken * batch[i];
  });
}

}  // namespace

void add_batch_norm_kernels(KernelTable& table) {
  table["BatchNormalization"] = [](BindContext& context) { return make_forward(context, true); };
  table["BatchNormalizationTraining"] = [](BindContext& context) { return make_forward(context, false); };
  table["BatchNormalizationGrad"] = [](BindContext& context) { return make_backward(context, true); };
  table["BatchNormalizationTrainingGrad"] = [](BindContext& context) { return make_backward(context, false); };
  table["RunningAverage"] = make_running_average;
}

}  // namespace thaw::cpu
