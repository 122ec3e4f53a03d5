// The networks of the engine's benchmark, built by operator name. Layer by layer the same as torch_networks.py: the
// numbers of parameters are pinned on both sides (networks_test.cpp, engine_suite.py).
#include "tests/bench/networks.h"

#include <map>

#include "schemas/diagnostic.h"

namespace thaw::bench {
namespace {

using Integers = std::vector<std::int64_t>;

struct Convolution {
  std::int64_t filters, kernel = 1, stride = 1;
  bool has_bias = false;
};

/// Layers as the networks name them.
class Layers {
 public:
  Layers(Builder& builder, const NetworkOptions& options, Network& network)
      : builder_(builder), options_(options), network_(network) {}

  /// Padded so that stride 1 keeps the extents.
  ValueId conv(ValueId x, const std::string& name, const Convolution& c) {
    builder_.enter(name);
    std::vector<ValueId> inputs{x, builder_.parameter(name + "/kernel", {c.filters, channels(x), c.kernel, c.kernel})};
    if (c.has_bias) inputs.push_back(builder_.parameter(name + "/bias", {c.filters}));
    const std::int64_t pad = c.kernel / 2;
    return builder_.node("Conv", inputs,
                         {{"kernel_shape", Integers{c.kernel, c.kernel}},
                          {"strides", Integers{c.stride, c.stride}},
                          {"pads", Integers{pad, pad, pad, pad}}});
  }

  /// Makes the picture `stride` times as large.
  ValueId conv_transpose(ValueId x, const std::string& name, const Convolution& c) {
    builder_.enter(name);
    std::vector<ValueId> inputs{x, builder_.parameter(name + "/kernel", {channels(x), c.filters, c.kernel, c.kernel})};
    if (c.has_bias) inputs.push_back(builder_.parameter(name + "/bias", {c.filters}));
    const std::int64_t pad = (c.kernel - c.stride) / 2;
    return builder_.node("ConvTranspose", inputs,
                         {{"kernel_shape", Integers{c.kernel, c.kernel}},
                          {"strides", Integers{c.stride, c.stride}},
                          {"pads", Integers{pad, pad, pad, pad}}});
  }

  ValueId batch_norm(ValueId x, const std::string& name) {
    builder_.enter(name);
    const Shape each{channels(x)};
    const ValueId scale = builder_.parameter(name + "/scale", each), bias = builder_.parameter(name + "/bias", each);
    const ValueId mean = builder_.parameter(name + "/mean", each, false);
    const ValueId variance = builder_.parameter(name + "/variance", each, false);
    if (!options_.is_training) return builder_.node("BatchNormalization", {x, scale, bias, mean, variance});
    const auto outputs = builder_.nodes("BatchNormalizationTraining", {x, scale, bias});
    const std::int64_t count = element_count(shape(x)) / each[0];
    network_.statistics.push_back({mean, outputs[1], 0});
    network_.statistics.push_back({variance, outputs[2], count});
    return outputs[0];
  }

  ValueId conv_norm(ValueId x, const std::string& name, const Convolution& c) {
    return batch_norm(conv(x, name, c), name + "_bn");
  }
  ValueId conv_norm_relu(ValueId x, const std::string& name, const Convolution& c) {
    return relu(conv_norm(x, name, c));
  }
  ValueId conv_relu(ValueId x, const std::string& name, const Convolution& c) { return relu(conv(x, name, c)); }
  ValueId relu(ValueId x) { return builder_.node("Relu", {x}); }
  ValueId add(ValueId a, ValueId b, const std::string& name) {
    builder_.enter(name);
    return builder_.node("Add", {a, b});
  }
  ValueId join(ValueId a, ValueId b, const std::string& name) {
    builder_.enter(name);
    return builder_.node("Concat", {a, b}, {{"axis", std::int64_t{1}}});
  }

  ValueId max_pool(ValueId x, const std::string& name, std::int64_t kernel = 2) {
    builder_.enter(name);
    const std::int64_t pad = (kernel - 1) / 2;
    return builder_.node("MaxPool", {x},
                         {{"kernel_shape", Integers{kernel, kernel}},
                          {"strides", Integers{2, 2}},
                          {"pads", Integers{pad, pad, pad, pad}}});
  }

  ValueId pooled_dense(ValueId x, std::int64_t units) {
    builder_.enter("pool");
    x = builder_.node("Flatten", {builder_.node("GlobalAveragePool", {x})});
    builder_.enter("fc");
    const ValueId kernel = builder_.parameter("fc/kernel", {units, channels(x)});
    return builder_.node("Gemm", {x, kernel, builder_.parameter("fc/bias", {units})}, {{"transB", std::int64_t{1}}});
  }

 private:
  const Shape& shape(ValueId x) const { return builder_.graph().value(x).type.shape; }
  std::int64_t channels(ValueId x) const { return shape(x).at(1); }

  Builder& builder_;
  const NetworkOptions& options_;
  Network& network_;
};

ValueId bottleneck(Layers& layers, ValueId x, const std::string& name, std::int64_t filters, std::int64_t stride,
                   bool has_projection) {
  ValueId y = layers.conv_norm_relu(x, name + "_conv1", {.filters = filters});
  y = layers.conv_norm_relu(y, name + "_conv2", {.filters = filters, .kernel = 3, .stride = stride});
  y = layers.conv_norm(y, name + "_conv3", {.filters = 4 * filters});
  if (has_projection) x = layers.conv_norm(x, name + "_projection", {.filters = 4 * filters, .stride = stride});
  return layers.relu(layers.add(y, x, name + "_add"));
}

ValueId resnet50(Layers& layers, ValueId x, std::int64_t classes) {
  x = layers.conv_norm_relu(x, "conv1", {.filters = 64, .kernel = 7, .stride = 2});
  x = layers.max_pool(x, "pool1", 3);
  const std::int64_t blocks[] = {3, 4, 6, 3};
  for (int stage = 0; stage < 4; ++stage) {
    for (std::int64_t block = 0; block < blocks[stage]; ++block) {
      const std::string name = "stage" + std::to_string(stage + 1) + "_block" + std::to_string(block + 1);
      x = bottleneck(layers, x, name, 64 << stage, block == 0 && stage > 0 ? 2 : 1, block == 0);
    }
  }
  return layers.pooled_dense(x, classes);
}

ValueId double_conv(Layers& layers, ValueId x, const std::string& name, std::int64_t filters) {
  for (const char* part : {"_conv1", "_conv2"}) {
    x = layers.conv_norm_relu(x, name + part, {.filters = filters, .kernel = 3});
  }
  return x;
}

ValueId unet(Layers& layers, ValueId x, std::int64_t classes) {
  std::vector<ValueId> skips;
  for (int depth = 0; depth < 4; ++depth) {
    const std::string name = "down" + std::to_string(depth + 1);
    skips.push_back(double_conv(layers, x, name, 64 << depth));
    x = layers.max_pool(skips.back(), name + "_pool");
  }
  x = double_conv(layers, x, "bottom", 1024);
  for (int depth = 3; depth >= 0; --depth) {
    const std::string name = "up" + std::to_string(depth + 1);
    x = layers.conv_transpose(x, name, {.filters = 64 << depth, .kernel = 2, .stride = 2, .has_bias = true});
    x = layers.join(skips[static_cast<std::size_t>(depth)], x, name + "_join");
    x = double_conv(layers, x, name, 64 << depth);
  }
  return layers.conv(x, "classes", {.filters = classes, .has_bias = true});
}

ValueId fcn8(Layers& layers, ValueId x, std::int64_t classes) {
  const std::int64_t filters[] = {64, 128, 256, 512, 512}, convolutions[] = {2, 2, 3, 3, 3};
  std::vector<ValueId> pools;
  for (int block = 0; block < 5; ++block) {
    const std::string name = "block" + std::to_string(block + 1);
    for (std::int64_t i = 1; i <= convolutions[block]; ++i) {
      x = layers.conv_relu(x, name + "_conv" + std::to_string(i),
                           {.filters = filters[block], .kernel = 3, .has_bias = true});
    }
    pools.push_back(x = layers.max_pool(x, name + "_pool"));
  }
  x = layers.conv_relu(x, "fc6", {.filters = 4096, .kernel = 7, .has_bias = true});
  x = layers.conv_relu(x, "fc7", {.filters = 4096, .has_bias = true});
  const Convolution score{.filters = classes, .has_bias = true}, twice{.filters = classes, .kernel = 4, .stride = 2};
  x = layers.conv_transpose(layers.conv(x, "score_fc7", score), "up2", twice);
  x = layers.add(x, layers.conv(pools[3], "score_pool4", score), "add_pool4");
  x = layers.conv_transpose(x, "up4", twice);
  x = layers.add(x, layers.conv(pools[2], "score_pool3", score), "add_pool3");
  return layers.conv_transpose(x, "up8", {.filters = classes, .kernel = 16, .stride = 8});
}

struct Known {
  std::int64_t batch, pixels, classes;
  bool is_per_pixel;
  ValueId (*build)(Layers& layers, ValueId x, std::int64_t classes);
};

const std::map<std::string, Known>& known_networks() {
  static const std::map<std::string, Known> all{
      {"fcn8", {2, 224, 21, true, fcn8}},
      {"resnet50", {16, 224, 1000, false, resnet50}},
      {"unet", {8, 128, 21, true, unet}},
  };
  return all;
}

}  // namespace

std::vector<std::string> network_names() {
  std::vector<std::string> names;
  for (const auto& [name, known] : known_networks()) names.push_back(name);
  return names;
}

NetworkOptions with_defaults(NetworkOptions options) {
  const auto found = known_networks().find(options.name);
  if (found == known_networks().end()) {
    throw InputError("no network \"" + options.name + "\": there are fcn8, resnet50 and unet");
  }
  if (options.batch == 0) options.batch = found->second.batch;
  if (options.pixels == 0) options.pixels = found->second.pixels;
  if (options.classes == 0) options.classes = found->second.classes;
  return options;
}

Network build_network(Builder& builder, const NetworkOptions& given) {
  const NetworkOptions options = with_defaults(given);
  const Known& known = known_networks().at(options.name);
  Network network;
  Layers layers(builder, options, network);
  network.image = builder.input("image", {DType::kFloat32, {options.batch, 3, options.pixels, options.pixels}});
  network.logits = known.build(layers, network.image, options.classes);
  if (!options.is_training) return network;
  const Shape labels = known.is_per_pixel ? Shape{options.batch, options.pixels, options.pixels} : Shape{options.batch};
  network.label = builder.input("label", {DType::kInt32, labels});
  builder.enter("loss");
  const ValueId each = builder.nodes("SoftmaxCrossEntropyLoss", {network.logits, network.label}).front();
  network.loss = builder.node("ReduceMean", {each}, {{"keepdims", std::int64_t{0}}});
  return network;
}

}  // namespace thaw::bench
