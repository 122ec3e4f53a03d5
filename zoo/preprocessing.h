#pragma once

#include <string>
#include <vector>

#include "zoo/parameters.h"

namespace thaw {

/// What a network of the zoo makes of pixels from 0 to 1 before its first layer: x * scale + offset, for all channels
/// or for each, after the channels were turned from RGB to BGR where it was trained so.
struct Preprocessing {
  std::string text;  ///< for people: "BGR, 255 x - (103.939, 116.779, 123.68)"
  bool swaps_channels = false;
  std::vector<double> scale = {}, offset = {};

  bool needs_colours = false;  ///< it has something to say of red, green and blue

  bool is_needed() const { return !scale.empty(); }
};

namespace preprocessings {
/// Pixels as they are.
extern const Preprocessing kNone;
/// Keras's mode "tf": -1 to 1.
extern const Preprocessing kSymmetric;
/// Keras's mode "caffe": BGR, 0 to 255 less ImageNet's mean.
extern const Preprocessing kCaffe;
/// Keras's mode "torch", and torchvision's: less ImageNet's mean, by its deviation.
extern const Preprocessing kStandard;
/// The same as layers of the network, as Keras has it in EfficientNet.
extern const Preprocessing kOwnLayers;
}  // namespace preprocessings

/// The input's channels (its second axis), the last one first.
ValueId reversed_channels(const ComposeContext& context, ValueId input);

/// Appends it; its numbers are constants called "LAYER/scale" and "LAYER/offset".
ValueId add_preprocessing(ParameterFactory& parameters, const Preprocessing& preprocessing, ValueId input);

}  // namespace thaw
