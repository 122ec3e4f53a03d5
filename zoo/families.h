#pragma once

#include "zoo/network.h"

// The families of the zoo, one a file. Each describes a network; `classes` are its classifier's.
namespace thaw {

/// How many blocks each stage of a residual network has.
using StageBlocks = std::vector<int>;

/// Two 3x3 convolutions a block: ResNet-18 and 34, as in torchvision. Source: He and others (2016).
Network resnet_basic(const StageBlocks& blocks, std::int64_t classes);
/// 1x1, 3x3, 1x1 a block: ResNet-50, 101 and 152, as in Keras.
Network resnet_bottleneck(const StageBlocks& blocks, std::int64_t classes);
/// ResNets for pictures of 32x32, as in Keras's example for CIFAR-10: `blocks` in each of three stages.
Network resnet_cifar(int blocks, std::int64_t classes);
/// Source: Szegedy and others (2016); as in Keras.
Network inception_v3(std::int64_t classes);
/// `convolutions` in each of five blocks. Source: Simonyan and Zisserman (2015); as in Keras.
Network vgg(const StageBlocks& convolutions, std::int64_t classes);
/// `width`: the share of channels, Keras's alpha. Source: Howard and others (2017); as in Keras.
Network mobilenet_v1(double width, std::int64_t classes);
/// Source: Sandler and others (2018); as in Keras.
Network mobilenet_v2(std::int64_t classes);
/// Source: Iandola and others (2016); as in torchvision. `minor`: of the version, 1.0 or 1.1.
Network squeezenet(int minor, std::int64_t classes);
/// Source: Tan and Le (2019); as in Keras. `normalizes`: with Keras's layers that bring pixels to what it expects.
Network efficientnet_b0(std::int64_t classes, bool normalizes);
/// Source: Huang and others (2017); as in Keras.
Network densenet(const StageBlocks& blocks, std::int64_t classes);

}  // namespace thaw
