#include <cmath>

#include "zoo/blocks.h"
#include "zoo/families.h"

namespace thaw {
namespace {

using Tap = Network::Tap;

const KernelStart kStart{HE_NORMAL, by_fan_out};

/// Uniform in +-1 / sqrt(fan_out).
Fans unit_by_fan_out(Fans fans) { return {6 * fans.out, 6 * fans.in}; }

struct Stage {
  std::int64_t size;
  int blocks;
  std::int64_t filters, expansion, stride;
};

/// The network that all sizes of EfficientNet are scaled from.
const std::vector<Stage> kStages = {{3, 1, 16, 1, 1},  {3, 2, 24, 6, 2},  {5, 2, 40, 6, 2}, {3, 3, 80, 6, 2},
                                    {5, 3, 112, 6, 1}, {5, 4, 192, 6, 2}, {3, 1, 320, 6, 1}};
constexpr double kDropConnectRate = 0.2;

/// Keras's rescaling to 0..1 (which pixels are already), normalization by ImageNet's mean and deviation, and the second
/// rescaling that makes up for a variance that was stored as a deviation. Keras counts seven numbers for it: mean,
/// variance, and how many pictures they are of.
Tap normalization(Network& network) {
  Tap x =
      network.layer({"rescaling", "Rescaling", {Network::kPicture}, [](InnerNodes& nodes) { return nodes.inputs[0]; }});
  x = network.layer({"normalization", "Normalization", {x}, [](InnerNodes& nodes) {
                       const TensorType channels{DType::kFloat32, {3}};
                       const auto numbers = [&](const char* name, std::vector<float> values) {
                         return nodes.parameters.constant(
                             name, channels, std::make_shared<const std::vector<float>>(std::move(values)));
                       };
                       nodes.parameters.count_besides(7);
                       return nodes.context.builder.node(
                           "BatchNormalization",
                           {nodes.inputs[0], numbers("ones", {1, 1, 1}), numbers("zeros", {0, 0, 0}),
                            numbers("mean", {0.485F, 0.456F, 0.406F}), numbers("variance", {0.229F, 0.224F, 0.225F})},
                           {{"epsilon", 0.0}});
                     }});
  return network.layer({"rescaling_1", "Rescaling", {x}, [](InnerNodes& nodes) {
                          std::vector<float> scale;
                          for (const double deviation : {0.229, 0.224, 0.225})
                            scale.push_back(static_cast<float>(1 / std::sqrt(deviation)));
                          const ValueId factor =
                              nodes.parameters.constant("scale", {DType::kFloat32, {1, 3, 1, 1}},
                                                        std::make_shared<const std::vector<float>>(std::move(scale)));
                          return nodes.context.builder.node("Mul", {nodes.inputs[0], factor});
                        }});
}

/// Whole samples of what a block adds are left out at random, so that the network is sometimes shallower: a number
/// drawn for each sample. Source: Huang and others (2016), "Deep networks with stochastic depth".
Tap stochastic_depth(Network& network, Tap x, const std::string& name, double rate) {
  return network.layer({name, "Dropout of whole samples", {x}, [rate](InnerNodes& nodes) {
                          if (!nodes.context.options.is_training) return nodes.inputs[0];
                          Builder& builder = nodes.context.builder;
                          const ValueId one = builder.node("Constant", {}, {{"value_float", 1.0}});
                          const Shape each{nodes.context.options.batch, 1, 1, 1};
                          const ValueId ones = builder.node("Expand", {one}, {{"shape", each}});
                          const ValueId kept = add_dropout(nodes.context, ones, rate, nodes.name);
                          return builder.node("Mul", {nodes.inputs[0], kept});
                        }});
}

class Blocks {
 public:
  explicit Blocks(Network& network) : network_(network) {}

  Tap block(Tap x, const Stage& stage, const std::string& name, std::int64_t stride) {
    const std::int64_t wide = channels_ * stage.expansion;
    Tap y = x;
    if (stage.expansion > 1) y = pointwise(y, name + "expand", wide, "_activation");
    if (stride > 1) y = network_.zero_padding2d(name + "dwconv_pad", y, {.strided_size = stage.size});
    y = conv_norm_act(network_, y,
                      {name + "dwconv",
                       name + "bn",
                       name + "activation",
                       {.sliding = {{stage.size, stage.size}, {stride, stride}, stride > 1 ? VALID : SAME},
                        .is_depthwise = true,
                        .use_bias = false,
                        .start = kStart},
                       {},
                       functions_of::kSilu});
    y = squeeze_and_excite(y, name, wide);
    y = pointwise(y, name + "project", stage.filters, "");
    if (stride == 1 && channels_ == stage.filters) {
      const double rate = kDropConnectRate * number_ / total();
      y = network_.add(name + "add", {stochastic_depth(network_, y, name + "drop", rate), x});
    }
    channels_ = stage.filters;
    ++number_;
    return y;
  }

 private:
  static int total() {
    int blocks = 0;
    for (const Stage& stage : kStages) blocks += stage.blocks;
    return blocks;
  }

  Tap pointwise(Tap x, const std::string& name, std::int64_t filters, const std::string& activation) {
    return conv_norm_act(network_, x,
                         {name + "_conv",
                          name + "_bn",
                          name + activation,
                          {.filters = filters, .sliding = {{1, 1}, {1, 1}, SAME}, .use_bias = false, .start = kStart},
                          {},
                          activation.empty() ? functions_of::kLinear : functions_of::kSilu});
  }

  /// Each channel is scaled by a number that is worked out from the means of all. It is a quarter of the block's input
  /// wide.
  Tap squeeze_and_excite(Tap x, const std::string& name, std::int64_t wide) {
    const auto conv = [&](Tap input, const std::string& part, std::int64_t filters, const Function& function) {
      const Convolution convolution{.filters = filters, .sliding = {{1, 1}, {1, 1}, SAME}, .start = kStart};
      return network_.conv2d(name + part, input, convolution, function);
    };
    Tap y = network_.global_average_pooling2d(name + "se_squeeze", x);
    y = network_.layer({name + "se_reshape", "Reshape", {y}, [wide](InnerNodes& nodes) {
                          const Shape picture{nodes.context.options.batch, wide, 1, 1};
                          return nodes.context.builder.node("Reshape", nodes.inputs, {{"shape", picture}});
                        }});
    y = conv(y, "se_reduce", channels_ / 4, functions_of::kSilu);
    y = conv(y, "se_expand", wide, functions_of::kSigmoid);
    return network_.multiply(name + "se_excite", {x, y});
  }

  Network& network_;
  std::int64_t channels_ = 32;
  int number_ = 0;
};

}  // namespace

Network efficientnet_b0(std::int64_t classes, bool normalizes) {
  Network network;
  Tap x = normalizes ? normalization(network) : Network::kPicture;
  x = network.zero_padding2d("stem_conv_pad", x, {.strided_size = 3});
  x = conv_norm_act(network, x,
                    {"stem_conv",
                     "stem_bn",
                     "stem_activation",
                     {.filters = 32, .sliding = {{3, 3}, {2, 2}}, .use_bias = false, .start = kStart},
                     {},
                     functions_of::kSilu});
  Blocks blocks(network);
  for (std::size_t i = 0; i < kStages.size(); ++i) {
    for (int b = 0; b < kStages[i].blocks; ++b) {
      const std::string name = "block" + std::to_string(i + 1) + static_cast<char>('a' + b) + "_";
      x = blocks.block(x, kStages[i], name, b == 0 ? kStages[i].stride : 1);
    }
  }
  x = conv_norm_act(network, x,
                    {"top_conv",
                     "top_bn",
                     "top_activation",
                     {.filters = 1280, .sliding = {{1, 1}, {1, 1}, SAME}, .use_bias = false, .start = kStart},
                     {},
                     functions_of::kSilu});
  network.begin_top();
  x = network.global_average_pooling2d("avg_pool", x);
  x = network.dropout("top_dropout", x, 0.2);
  network.dense("predictions", x, {.units = classes, .start = {HE_UNIFORM, unit_by_fan_out}}, functions_of::kSoftmax);
  return network;
}

}  // namespace thaw
