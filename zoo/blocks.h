#pragma once

#include "zoo/network.h"

// What several families are made of.
namespace thaw {

/// A convolution, its normalization and a function, and what the three are called.
struct ConvNormAct {
  std::string conv, norm, act;
  Convolution convolution;
  Network::Norm normalization = {};
  Function function = functions_of::kRelu;  ///< kLinear: no layer for it
};
Network::Tap conv_norm_act(Network& network, Network::Tap x, const ConvNormAct& block);

/// Keras's classifier: the mean of each channel, then a softmax over the classes.
void pooled_classifier(Network& network, std::int64_t classes);

/// Fans for a deviation that goes by what a layer puts out.
Fans by_fan_out(Fans fans);
/// PyTorch's Linear: kernel and bias uniform in +-1 / sqrt(fan_in).
KernelStart torch_linear();

/// "conv2d", "conv2d_1", "conv2d_2": Keras's names for layers that were given none.
class Numbered {
 public:
  explicit Numbered(std::string base) : base_(std::move(base)) {}
  std::string next();

 private:
  std::string base_;
  int count_ = 0;
};

}  // namespace thaw
