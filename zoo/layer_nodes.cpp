#include "zoo/layer_nodes.h"

#include "graph/window_pads.h"

namespace thaw {
namespace {

Shape shape_of(const Pair& pair) { return {pair[0], pair[1]}; }

Shape pads_of(const Sliding& sliding, const Shape& x) {
  if (sliding.pads) return Shape(sliding.pads->begin(), sliding.pads->end());
  const AutoPad mode = sliding.padding == SAME ? AutoPad::kSameUpper : AutoPad::kValid;
  return auto_pads(mode, {x[2], x[3]}, {shape_of(sliding.size), shape_of(sliding.strides), {}});
}

/// What a layer multiplies by and adds.
struct Kernel {
  const char* name;
  Shape shape;  ///< outputs first
  Fans fans;
  bool use_bias;
};

std::vector<ValueId> with_weights(ParameterFactory& parameters, ValueId input, const Kernel& kernel,
                                  const KernelStart& start) {
  const Fans fans = start.fans ? start.fans(kernel.fans) : kernel.fans;
  std::vector<ValueId> inputs{input, parameters.parameter(kernel.name, kernel.shape, start.initializer, fans)};
  if (kernel.use_bias) {
    const Shape outputs{kernel.shape[0]};
    inputs.push_back(start.bias_too ? parameters.parameter("bias", outputs, start.initializer, fans)
                                    : parameters.parameter("bias", outputs, ZEROS));
  }
  return inputs;
}

}  // namespace

const Function& function_of(Activation activation) {
  switch (activation) {
    case RELU:
      return functions_of::kRelu;
    case SIGMOID:
      return functions_of::kSigmoid;
    case TANH:
      return functions_of::kTanh;
    case SOFTMAX:
      return functions_of::kSoftmax;
    case LINEAR:
      break;
  }
  return functions_of::kLinear;
}

ValueId add_function(const ComposeContext& context, const Function& function, ValueId input) {
  return function.op.empty() ? input : context.builder.node(function.op, {input}, function.attributes);
}

std::string times(const Pair& pair) { return std::to_string(pair[0]) + "x" + std::to_string(pair[1]); }

std::string to_text(const Sliding& sliding, const Pair& usual) {
  return times(sliding.size) + (sliding.strides == usual ? "" : ", strides " + times(sliding.strides)) +
         (sliding.padding == SAME ? ", same" : "");
}

ValueId add_convolution(ParameterFactory& parameters, const Convolution& convolution, ValueId input) {
  const ComposeContext& context = parameters.context();
  const Shape x = context.shape(input);
  const Pair& size = convolution.sliding.size;
  const std::int64_t area = size[0] * size[1], channels = x[1], filters = convolution.filters;
  const std::int64_t group = convolution.is_depthwise ? channels : 1;
  // Keras counts a depthwise kernel's inputs as those of a full one.
  const Kernel kernel{convolution.is_depthwise ? "depthwise_kernel" : "kernel",
                      {filters * group, channels / group, size[0], size[1]},
                      {channels * area, filters * area},
                      convolution.use_bias};
  Attributes attributes{{"kernel_shape", shape_of(size)},
                        {"strides", shape_of(convolution.sliding.strides)},
                        {"pads", pads_of(convolution.sliding, x)}};
  if (convolution.is_depthwise) attributes.set("group", group);
  return context.builder.node("Conv", with_weights(parameters, input, kernel, convolution.start), attributes);
}

ValueId add_dense(ParameterFactory& parameters, const DenseUnits& dense, ValueId input) {
  const ComposeContext& context = parameters.context();
  const std::int64_t values = context.shape(input)[1];
  const Kernel kernel{"kernel", {dense.units, values}, {values, dense.units}, dense.use_bias};
  return context.builder.node("Gemm", with_weights(parameters, input, kernel, dense.start),
                              {{"transB", std::int64_t{1}}});
}

ValueId add_pooling(const ComposeContext& context, const std::string& op, const Sliding& sliding, ValueId input) {
  Attributes attributes{{"kernel_shape", shape_of(sliding.size)},
                        {"strides", shape_of(sliding.strides)},
                        {"pads", pads_of(sliding, context.shape(input))}};
  if (sliding.rounds_up) attributes.set("ceil_mode", std::int64_t{1});
  return context.builder.node(op, {input}, attributes);
}

ValueId add_zero_padding(const ComposeContext& context, const Sides& pads, ValueId input) {
  return context.builder.node("Pad", {input}, {{"pads", Shape{0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]}}});
}

}  // namespace thaw
