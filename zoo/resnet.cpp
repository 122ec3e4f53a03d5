// ResNet-18 and 34 carry torchvision's names, dots included; a block's output, after its relu, is called like the block
// ("layer1.0"). Torchvision's relu inside a block is one module that is used twice: the first is "layer1.0.relu" here.
#include "zoo/blocks.h"
#include "zoo/families.h"

namespace thaw {
namespace {

using Tap = Network::Tap;

constexpr Network::Norm kKerasNorm{1.001e-5, 0.99, true};
constexpr Network::Norm kTorchNorm{1e-5, 0.9, true};

// ---- torchvision

Convolution torch_convolution(std::int64_t filters, std::int64_t size, std::int64_t stride) {
  const std::int64_t pad = size / 2;
  return {.filters = filters,
          .sliding = {{size, size}, {stride, stride}, VALID, Sides{pad, pad, pad, pad}},
          .use_bias = false,
          .start = {HE_NORMAL, by_fan_out}};
}

Tap basic_block(Network& network, Tap x, const std::string& name, std::int64_t filters, bool is_first) {
  const bool widens = is_first && filters > 64;
  const std::int64_t stride = widens ? 2 : 1;
  Tap y = conv_norm_act(
      network, x, {name + ".conv1", name + ".bn1", name + ".relu", torch_convolution(filters, 3, stride), kTorchNorm});
  y = conv_norm_act(
      network, y,
      {name + ".conv2", name + ".bn2", "", torch_convolution(filters, 3, 1), kTorchNorm, functions_of::kLinear});
  if (widens) {
    x = conv_norm_act(network, x,
                      {name + ".downsample.0", name + ".downsample.1", "", torch_convolution(filters, 1, stride),
                       kTorchNorm, functions_of::kLinear});
  }
  return network.activation(name, network.add(name + ".add", {y, x}), functions_of::kRelu);
}

// ---- Keras

/// Keras strides in a block's first convolution, and calls the shortcut's part 0.
class Bottleneck {
 public:
  Bottleneck(Network& network, std::string name) : network_(network), name_(std::move(name)) {}

  Tap add(Tap x, std::int64_t filters, std::int64_t stride, bool is_first) {
    const Tap shortcut = is_first ? part(x, "_0", 4 * filters, {{1, 1}, {stride, stride}}, functions_of::kLinear) : x;
    Tap y = part(x, "_1", filters, {{1, 1}, {stride, stride}}, functions_of::kRelu);
    y = part(y, "_2", filters, {{3, 3}, {1, 1}, SAME}, functions_of::kRelu);
    y = part(y, "_3", 4 * filters, {{1, 1}}, functions_of::kLinear);
    return network_.activation(name_ + "_out", network_.add(name_ + "_add", {shortcut, y}), functions_of::kRelu);
  }

 private:
  Tap part(Tap x, const std::string& number, std::int64_t filters, Sliding sliding, const Function& function) {
    const std::string name = name_ + number;
    return conv_norm_act(network_, x,
                         {name + "_conv",
                          name + "_bn",
                          name + "_relu",
                          {.filters = filters, .sliding = std::move(sliding)},
                          kKerasNorm,
                          function});
  }

  Network& network_;
  std::string name_;
};

/// The layers of Keras's example, numbered as Keras numbers those that were given no name.
class CifarLayers {
 public:
  explicit CifarLayers(Network& network) : network_(network) {}

  Tap convolution(Tap x, std::int64_t filters, std::int64_t size, std::int64_t stride) {
    return network_.conv2d(
        convs_.next(), x,
        {.filters = filters, .sliding = {{size, size}, {stride, stride}, SAME}, .start = {HE_NORMAL}});
  }
  Tap norm(Tap x) { return network_.batch_normalization(norms_.next(), x, {}); }
  Tap relu(Tap x) { return network_.activation(activations_.next(), x, functions_of::kRelu); }
  Tap add(Tap a, Tap b) { return network_.add(sums_.next(), {a, b}); }

 private:
  Network& network_;
  Numbered convs_{"conv2d"}, norms_{"batch_normalization"}, activations_{"activation"}, sums_{"add"};
};

}  // namespace

Network resnet_basic(const StageBlocks& blocks, std::int64_t classes) {
  Network network;
  Tap x = conv_norm_act(network, Network::kPicture, {"conv1", "bn1", "relu", torch_convolution(64, 7, 2), kTorchNorm});
  x = network.max_pooling2d("maxpool", x, {{3, 3}, {2, 2}, VALID, Sides{1, 1, 1, 1}});
  std::int64_t filters = 64;
  for (std::size_t stage = 0; stage < blocks.size(); ++stage, filters *= 2) {
    for (int block = 0; block < blocks[stage]; ++block) {
      const std::string name = "layer" + std::to_string(stage + 1) + "." + std::to_string(block);
      x = basic_block(network, x, name, filters, block == 0);
    }
  }
  network.begin_top();
  x = network.global_average_pooling2d("avgpool", x);
  network.dense("fc", x, {.units = classes, .start = torch_linear()}, functions_of::kLinear);
  return network;
}

Network resnet_bottleneck(const StageBlocks& blocks, std::int64_t classes) {
  Network network;
  Tap x = network.zero_padding2d("conv1_pad", Network::kPicture, {{3, 3, 3, 3}});
  x = conv_norm_act(network, x,
                    {"conv1_conv", "conv1_bn", "conv1_relu", {.filters = 64, .sliding = {{7, 7}, {2, 2}}}, kKerasNorm});
  x = network.zero_padding2d("pool1_pad", x, {{1, 1, 1, 1}});
  x = network.max_pooling2d("pool1_pool", x, {{3, 3}, {2, 2}});
  std::int64_t filters = 64;
  for (std::size_t stage = 0; stage < blocks.size(); ++stage, filters *= 2) {
    for (int block = 0; block < blocks[stage]; ++block) {
      const std::string name = "conv" + std::to_string(stage + 2) + "_block" + std::to_string(block + 1);
      x = Bottleneck(network, name).add(x, filters, stage > 0 && block == 0 ? 2 : 1, block == 0);
    }
  }
  pooled_classifier(network, classes);
  return network;
}

Network resnet_cifar(int blocks, std::int64_t classes) {
  Network network;
  CifarLayers layers(network);
  Tap x = layers.relu(layers.norm(layers.convolution(Network::kPicture, 16, 3, 1)));
  std::int64_t filters = 16;
  for (int stage = 0; stage < 3; ++stage, filters *= 2) {
    for (int block = 0; block < blocks; ++block) {
      const bool strides = stage > 0 && block == 0;
      Tap y = layers.relu(layers.norm(layers.convolution(x, filters, 3, strides ? 2 : 1)));
      y = layers.norm(layers.convolution(y, filters, 3, 1));
      if (strides) x = layers.convolution(x, filters, 1, 2);
      x = layers.relu(layers.add(x, y));
    }
  }
  network.begin_top();
  x = network.flatten("flatten", network.average_pooling2d("average_pooling2d", x, {{8, 8}, {8, 8}}));
  network.dense("dense", x, {.units = classes, .start = {HE_NORMAL}}, functions_of::kSoftmax);
  return network;
}

}  // namespace thaw
