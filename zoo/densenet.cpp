#include "zoo/blocks.h"
#include "zoo/families.h"

namespace thaw {
namespace {

using Tap = Network::Tap;

constexpr Network::Norm kNorm{1.001e-5, 0.99, true};
constexpr std::int64_t kGrowth = 32;

Tap norm_relu(Network& network, Tap x, const std::string& name) {
  return network.activation(name + "_relu", network.batch_normalization(name + "_bn", x, kNorm), functions_of::kRelu);
}

Convolution convolution(std::int64_t filters, std::int64_t size, Padding padding) {
  return {.filters = filters, .sliding = {{size, size}, {1, 1}, padding}, .use_bias = false};
}

/// What it finds is put beside what it was given.
Tap dense_block(Network& network, Tap x, const std::string& name) {
  Tap y = norm_relu(network, x, name + "_0");
  y = network.conv2d(name + "_1_conv", y, convolution(4 * kGrowth, 1, VALID));
  y = norm_relu(network, y, name + "_1");
  y = network.conv2d(name + "_2_conv", y, convolution(kGrowth, 3, SAME));
  return network.concatenate(name + "_concat", {x, y});
}

}  // namespace

Network densenet(const StageBlocks& blocks, std::int64_t classes) {
  Network network;
  Tap x = network.zero_padding2d("zero_padding2d", Network::kPicture, {{3, 3, 3, 3}});
  x = conv_norm_act(
      network, x,
      {"conv1_conv", "conv1_bn", "conv1_relu", {.filters = 64, .sliding = {{7, 7}, {2, 2}}, .use_bias = false}, kNorm});
  x = network.zero_padding2d("zero_padding2d_1", x, {{1, 1, 1, 1}});
  x = network.max_pooling2d("pool1", x, {{3, 3}, {2, 2}});
  std::int64_t channels = 64;
  for (std::size_t stage = 0; stage < blocks.size(); ++stage) {
    const std::string number = std::to_string(stage + 2);
    for (int block = 1; block <= blocks[stage]; ++block) {
      x = dense_block(network, x, "conv" + number + "_block" + std::to_string(block));
      channels += kGrowth;
    }
    if (stage + 1 == blocks.size()) break;
    const std::string name = "pool" + number;
    channels /= 2;
    x = network.conv2d(name + "_conv", norm_relu(network, x, name), convolution(channels, 1, VALID));
    x = network.average_pooling2d(name + "_pool", x, {{2, 2}, {2, 2}});
  }
  x = network.batch_normalization("bn", x, kNorm);
  network.activation("relu", x, functions_of::kRelu);
  pooled_classifier(network, classes);
  return network;
}

}  // namespace thaw
