#include "zoo/blocks.h"

namespace thaw {

Network::Tap conv_norm_act(Network& network, Network::Tap x, const ConvNormAct& block) {
  const Network::Tap conv = block.convolution.is_depthwise ? network.depthwise_conv2d(block.conv, x, block.convolution)
                                                           : network.conv2d(block.conv, x, block.convolution);
  const Network::Tap norm = network.batch_normalization(block.norm, conv, block.normalization);
  return block.function.op.empty() ? norm : network.activation(block.act, norm, block.function);
}

void pooled_classifier(Network& network, std::int64_t classes) {
  const Network::Tap features = network.feature_map();
  network.begin_top();
  const Network::Tap pooled = network.global_average_pooling2d("avg_pool", features);
  network.dense("predictions", pooled, {.units = classes}, functions_of::kSoftmax);
}

Fans by_fan_out(Fans fans) { return {fans.out, fans.in}; }

KernelStart torch_linear() {
  return {HE_UNIFORM, [](Fans fans) { return Fans{6 * fans.in, 6 * fans.out}; }, true};
}

std::string Numbered::next() {
  const int number = count_++;
  return number == 0 ? base_ : base_ + "_" + std::to_string(number);
}

}  // namespace thaw
