// With torchvision's names, dots included; a fire module's output is called like the module ("features.3").
#include "zoo/blocks.h"
#include "zoo/families.h"

namespace thaw {
namespace {

using Tap = Network::Tap;

/// torchvision draws the last convolution with a deviation of 0.01: sqrt(2 / 20000).
Fans narrow(Fans) { return {20000, 20000}; }

Convolution convolution(std::int64_t filters, std::int64_t size) {
  const std::int64_t pad = size / 2;
  return {
      .filters = filters, .sliding = {{size, size}, {1, 1}, VALID, Sides{pad, pad, pad, pad}}, .start = {HE_UNIFORM}};
}

Tap conv_relu(Network& network, Tap x, const std::string& name, std::int64_t filters, std::int64_t size) {
  return network.activation(name + "_activation", network.conv2d(name, x, convolution(filters, size)),
                            functions_of::kRelu);
}

Tap fire(Network& network, Tap x, const std::string& name, std::int64_t squeezed, std::int64_t expanded) {
  x = conv_relu(network, x, name + ".squeeze", squeezed, 1);
  const Tap narrow_part = conv_relu(network, x, name + ".expand1x1", expanded, 1);
  const Tap wide_part = conv_relu(network, x, name + ".expand3x3", expanded, 3);
  return network.concatenate(name, {narrow_part, wide_part});
}

/// What follows the first convolution and its relu: "features.2" and on.
struct Feature {
  std::int64_t squeezed = 0, expanded = 0;  ///< 0: a pooling
};

}  // namespace

Network squeezenet(int minor, std::int64_t classes) {
  Network network;
  const std::int64_t first_size = minor == 0 ? 7 : 3, first_filters = minor == 0 ? 96 : 64;
  Tap x =
      network.conv2d("features.0", Network::kPicture,
                     {.filters = first_filters, .sliding = {{first_size, first_size}, {2, 2}}, .start = {HE_UNIFORM}});
  x = network.activation("features.1", x, functions_of::kRelu);
  const Feature pool, f16{16, 64}, f32{32, 128}, f48{48, 192}, f64{64, 256};
  const std::vector<Feature> features = minor == 0
                                            ? std::vector{pool, f16, f16, f32, pool, f32, f48, f48, f64, pool, f64}
                                            : std::vector{pool, f16, f16, pool, f32, f32, pool, f48, f48, f64, f64};
  for (std::size_t i = 0; i < features.size(); ++i) {
    const std::string name = "features." + std::to_string(i + 2);
    x = features[i].squeezed == 0
            ? network.max_pooling2d(name, x, {.size = {3, 3}, .strides = {2, 2}, .rounds_up = true})
            : fire(network, x, name, features[i].squeezed, features[i].expanded);
  }
  network.begin_top();
  x = network.dropout("classifier.0", x, 0.5);
  x = network.conv2d("classifier.1", x, {.filters = classes, .sliding = {{1, 1}}, .start = {HE_NORMAL, narrow}});
  x = network.activation("classifier.2", x, functions_of::kRelu);
  network.global_average_pooling2d("classifier.3", x);
  return network;
}

}  // namespace thaw
