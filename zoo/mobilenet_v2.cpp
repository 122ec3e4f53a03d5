#include "zoo/blocks.h"
#include "zoo/families.h"

namespace thaw {
namespace {

using Tap = Network::Tap;

constexpr Network::Norm kNorm{1e-3, 0.999, true};

Tap pointwise(Network& network, Tap x, const std::string& name, std::int64_t filters, const std::string& relu) {
  return conv_norm_act(network, x,
                       {name,
                        name + "_BN",
                        relu,
                        {.filters = filters, .sliding = {{1, 1}}, .use_bias = false},
                        kNorm,
                        relu.empty() ? functions_of::kLinear : functions_of::kRelu6});
}

Tap depthwise(Network& network, Tap x, const std::string& prefix, std::int64_t stride) {
  if (stride > 1) x = network.zero_padding2d(prefix + "_pad", x, {.strided_size = 3});
  const std::string name = prefix + "_depthwise";
  return conv_norm_act(
      network, x,
      {name,
       name + "_BN",
       name + "_relu",
       {.sliding = {{3, 3}, {stride, stride}, stride > 1 ? VALID : SAME}, .is_depthwise = true, .use_bias = false},
       kNorm,
       functions_of::kRelu6});
}

/// Blocks of one width; the first may stride, the others have a shortcut.
struct Stage {
  std::int64_t filters;
  int blocks;
  std::int64_t stride;
};

}  // namespace

Network mobilenet_v2(std::int64_t classes) {
  Network network;
  Tap x = conv_norm_act(network, Network::kPicture,
                        {"Conv1",
                         "bn_Conv1",
                         "Conv1_relu",
                         {.filters = 32, .sliding = {{3, 3}, {2, 2}, SAME}, .use_bias = false},
                         kNorm,
                         functions_of::kRelu6});
  x = depthwise(network, x, "expanded_conv", 1);
  x = pointwise(network, x, "expanded_conv_project", 16, "");
  std::int64_t channels = 16;
  int number = 0;
  for (const Stage& stage :
       std::vector<Stage>{{24, 2, 2}, {32, 3, 2}, {64, 4, 2}, {96, 3, 1}, {160, 3, 2}, {320, 1, 1}}) {
    for (int block = 0; block < stage.blocks; ++block) {
      const std::string prefix = "block_" + std::to_string(++number);
      Tap y = pointwise(network, x, prefix + "_expand", 6 * channels, prefix + "_expand_relu");
      y = depthwise(network, y, prefix, block == 0 ? stage.stride : 1);
      y = pointwise(network, y, prefix + "_project", stage.filters, "");
      x = block == 0 ? y : network.add(prefix + "_add", {x, y});
      channels = stage.filters;
    }
  }
  x = conv_norm_act(network, x,
                    {"Conv_1",
                     "Conv_1_bn",
                     "out_relu",
                     {.filters = 1280, .sliding = {{1, 1}}, .use_bias = false},
                     kNorm,
                     functions_of::kRelu6});
  network.begin_top();
  x = network.global_average_pooling2d("global_average_pooling2d", x);
  network.dense("predictions", x, {.units = classes}, functions_of::kSoftmax);
  return network;
}

}  // namespace thaw
