#include "zoo/families.h"

namespace thaw {

Network vgg(const StageBlocks& convolutions, std::int64_t classes) {
  Network network;
  Network::Tap x = Network::kPicture;
  std::int64_t filters = 64;
  for (std::size_t block = 0; block < convolutions.size(); ++block) {
    const std::string name = "block" + std::to_string(block + 1);
    for (int i = 1; i <= convolutions[block]; ++i) {
      x = network.conv2d(name + "_conv" + std::to_string(i), x, {.filters = filters, .sliding = {{3, 3}, {1, 1}, SAME}},
                         functions_of::kRelu);
    }
    x = network.max_pooling2d(name + "_pool", x, {{2, 2}, {2, 2}});
    if (filters < 512) filters *= 2;
  }
  network.begin_top();
  x = network.flatten("flatten", x);
  x = network.dense("fc1", x, {.units = 4096}, functions_of::kRelu);
  x = network.dense("fc2", x, {.units = 4096}, functions_of::kRelu);
  network.dense("predictions", x, {.units = classes}, functions_of::kSoftmax);
  return network;
}

}  // namespace thaw
