#include <cmath>

#include "zoo/blocks.h"
#include "zoo/families.h"

namespace thaw {
namespace {

struct Separable {
  std::int64_t filters, stride;
};

}  // namespace

Network mobilenet_v1(double width, std::int64_t classes) {
  const auto narrowed = [width](std::int64_t filters) {
    return static_cast<std::int64_t>(static_cast<double>(filters) * width);
  };
  Network network;
  Network::Tap x = conv_norm_act(network, Network::kPicture,
                                 {"conv1",
                                  "conv1_bn",
                                  "conv1_relu",
                                  {.filters = narrowed(32), .sliding = {{3, 3}, {2, 2}, SAME}, .use_bias = false},
                                  {},
                                  functions_of::kRelu6});
  const std::vector<Separable> blocks = {{64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2}, {512, 1},
                                         {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    const std::int64_t stride = blocks[i].stride;
    if (stride > 1) x = network.zero_padding2d("conv_pad_" + number, x, {{0, 0, 1, 1}});
    const std::string depthwise = "conv_dw_" + number, pointwise = "conv_pw_" + number;
    x = conv_norm_act(
        network, x,
        {depthwise,
         depthwise + "_bn",
         depthwise + "_relu",
         {.sliding = {{3, 3}, {stride, stride}, stride > 1 ? VALID : SAME}, .is_depthwise = true, .use_bias = false},
         {},
         functions_of::kRelu6});
    x = conv_norm_act(network, x,
                      {pointwise,
                       pointwise + "_bn",
                       pointwise + "_relu",
                       {.filters = narrowed(blocks[i].filters), .sliding = {{1, 1}}, .use_bias = false},
                       {},
                       functions_of::kRelu6});
  }
  network.begin_top();
  x = network.global_average_pooling2d("global_average_pooling2d", x, true);
  x = network.dropout("dropout", x, 1e-3);
  x = network.conv2d("conv_preds", x, {.filters = classes, .sliding = {{1, 1}}});
  x = network.flatten("reshape_2", x, "Reshape");
  network.activation("predictions", x, functions_of::kSoftmax);
  return network;
}

}  // namespace thaw
