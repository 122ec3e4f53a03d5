// CPU kernels of convolutions: oneDNN chooses every layout.
#include "ops/conv/conv_onednn.h"

#include <cstring>

#include "ops/device/cpu/kernels.h"
#include "ops/device/cpu/onednn_compat.h"
#include "ops/device/cpu/winograd.h"

namespace thaw::cpu {
namespace {

constexpr auto kStored = dnnl::memory::data_type::f32;  ///< weights and their gradients, whatever is multiplied

/// A convolution that adds to what its output holds: input 3, which the program gives it as its output where it can.
class AddedTo : public Kernel {
 public:
  AddedTo(std::unique_ptr<Kernel> conv, std::size_t bytes) : conv_(std::move(conv)), bytes_(bytes) {}
  void attach(const Buffers& buffers) override {
    buffers_ = buffers;
    conv_->attach(buffers);
  }
  void run() override {
    if (buffers_.inputs[3] != buffers_.outputs[0]) std::memcpy(buffers_.outputs[0], buffers_.inputs[3], bytes_);
    conv_->run();
  }

 private:
  std::unique_ptr<Kernel> conv_;
  std::size_t bytes_;
  Buffers buffers_;
};

/// describe_faster in f32, and tells the program. `sums`, `tiled`: as winograd_gain.
template <class Describe>
auto describe_conv(BindContext& context, const Window& window, const Shape& kernel, const Shape& sums,
                   const Shape& tiled, const Describe& describe) {
  const bool can =
      context.node().attributes.integer("group", 1) == 1 && compute_type(context) == dnnl::memory::data_type::f32;
  const double gain = can ? winograd_gain(window, kernel, sums, tiled) : 0;
  // Its tiles take up to three times as much as the pictures. Copies of a kernel's gradient, one for each thread, may
  // take far more: only while that is little for any machine.
  std::int64_t values = 0;
  const Graph& graph = context.graph();
  for (const auto* ids : {&context.node().inputs, &context.node().outputs}) {
    for (const ValueId id : *ids) values += id == kNoValue ? 0 : element_count(graph.value(id).type.shape);
  }
  const auto most_scratch = std::max(static_cast<std::size_t>(values) * sizeof(float) * 4, std::size_t{256} << 20);
  return describe_faster(gain, most_scratch, [&](dnnl::algorithm way) {
    auto description = describe(way);
    context.save_arithmetic(way == dnnl::algorithm::convolution_winograd ? gain : 1);
    return description;
  });
}

std::unique_ptr<Kernel> make_conv(BindContext& context) {
  if (auto kernel = bind_quantized_conv(context)) return kernel;
  const Node& node = context.node();
  const bool has_bias = context.has_input(2);
  const auto bias = has_bias ? plain_desc(context.input_type(2)) : dnnl::memory::desc();
  const auto type = compute_type(context);
  const Shape &x = context.input_type(0).shape, &y = context.output_type(0).shape;
  const auto src = any_desc(x, type), dst = any_desc(y, type);
  const Window window = conv_window(node, context.input_type(0));
  const auto pd = describe_conv(context, window, context.input_type(1).shape, y, y, [&](dnnl::algorithm way) {
    return conv_forward(way, context.is_training(), window, src, any_kernel_desc(node, context.input_type(1), type),
                        has_bias ? &bias : nullptr, dst, FusedActivation::of(node.attributes), context.has_input(3));
  });
  store_as_gradient(context, window, x, y);
  std::vector<PrimitiveArgument> inputs{{DNNL_ARG_SRC, 0, pd.src_desc()}, {DNNL_ARG_WEIGHTS, 1, pd.weights_desc()}};
  if (has_bias) inputs.push_back({DNNL_ARG_BIAS, 2, bias});
  auto kernel = bind_primitive(context, dnnl::convolution_forward(pd), pd.scratchpad_desc(), inputs,
                               {{DNNL_ARG_DST, 0, pd.dst_desc()}});
  if (!context.has_input(3)) return kernel;
  context.want_input(3, layout_of(pd.dst_desc()));
  return make_added_to(std::move(kernel), pd.dst_desc().get_size());
}

std::unique_ptr<Kernel> make_grad_weight(BindContext& context) {
  const Node& node = context.node();
  const bool has_bias = node.attributes.integer("has_bias") != 0;
  const auto bias = has_bias ? plain_desc(context.output_type(1)) : dnnl::memory::desc();
  const auto type = compute_type(context);
  const Window window = conv_window(node, context.input_type(0));
  const Shape& dy = context.input_type(1).shape;
  const auto pd = describe_conv(context, window, context.output_type(0).shape, dy, dy, [&](dnnl::algorithm way) {
    return conv_backward_weights(way, window, any_desc(context.input_type(0).shape, type),
                                 any_kernel_desc(node, context.output_type(0), kStored), has_bias ? &bias : nullptr,
                                 any_desc(dy, type));
  });
  std::vector<PrimitiveArgument> outputs{{DNNL_ARG_DIFF_WEIGHTS, 0, pd.diff_weights_desc()}};
  if (has_bias) outputs.push_back({DNNL_ARG_DIFF_BIAS, 1, bias});
  return bind_primitive(context, dnnl::convolution_backward_weights(pd), pd.scratchpad_desc(),
                        {{DNNL_ARG_SRC, 0, pd.src_desc()}, {DNNL_ARG_DIFF_DST, 1, pd.diff_dst_desc()}}, outputs);
}

}  // namespace

std::unique_ptr<Kernel> make_added_to(std::unique_ptr<Kernel> conv, std::size_t bytes) {
  return std::make_unique<AddedTo>(std::move(conv), bytes);
}

Window conv_window(const Node& node, const TensorType& picture) {
  return Window::of(node.attributes, picture.shape.size() - 2);
}

dnnl::memory::desc any_kernel_desc(const Node& node, const TensorType& kernel, dnnl::memory::data_type type) {
  const std::int64_t group = node.attributes.integer("group", 1);
  if (group == 1) return any_desc(kernel.shape, type);
  dnnl::memory::dims dims = kernel.shape;
  dims[0] /= group;
  dims.insert(dims.begin(), group);
  return any_desc(dims, type);
}

void store_as_gradient(BindContext& context, const Window& window, const Shape& x, const Shape& y) {
  const auto type = compute_type(context);
  if (type == kStored) return;
  const auto gradient = any_kernel_desc(context.node(), context.input_type(1), kStored);
  const auto pd = conv_backward_weights(dnnl::algorithm::convolution_direct, window, any_desc(x, type), gradient,
                                        nullptr, any_desc(y, type));
  context.store_input(1, layout_of(pd.diff_weights_desc()));
}

dnnl::convolution_backward_data::primitive_desc describe_spread(BindContext& context) {
  const Node& node = context.node();
  constexpr std::int64_t kWidest = 4096;  // channels that our own loops take side by side in bfloat16
  const auto type = compute_type(context);
  const bool is_too_wide = node.op == "ConvTranspose" && context.output_type(0).shape[1] > kWidest;
  const auto spread_type = is_too_wide ? kStored : type;
  const Window window = conv_window(node, context.input_type(0));
  const Shape &sums = context.input_type(0).shape, &spread = context.output_type(0).shape;
  return describe_conv(context, window, context.input_type(1).shape, sums, spread, [&](dnnl::algorithm way) {
    return conv_backward_data(way, window, any_desc(spread, spread_type),
                              any_kernel_desc(node, context.input_type(1), type), any_desc(sums, type));
  });
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
