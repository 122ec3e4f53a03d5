#pragma once

#include <functional>
#include <string>
#include <vector>

#include "zoo/layer_nodes.h"

namespace thaw {

/// What an inner layer's nodes are made with.
struct InnerNodes {
  const ComposeContext& context;
  const std::string& name;  ///< "backbone/conv1_bn"
  ParameterFactory& parameters;
  std::vector<ValueId> inputs;
  std::optional<Sides> pads = {};       ///< of a zero padding that this layer takes over
  std::optional<double> momentum = {};  ///< of batch normalizations, instead of their authors'
};

/// Rows and columns of zeros on each side of a picture.
struct ZeroPads {
  Sides fixed = {};
  std::int64_t strided_size = 0;  ///< instead: those with which a window of this size and strides 2 sees every pixel

  Sides of(const Shape& picture) const;
};

/// A layer of a network of the zoo, as the network's authors call it.
struct InnerLayer {
  std::string name;
  std::string type;       ///< "Conv2D 3x3, 64 filters, same"
  std::vector<int> from;  ///< places of earlier layers; Network::kPicture
  std::function<ValueId(InnerNodes&)> add_nodes;
  bool is_padding = false;     ///< nothing but zeros around its input
  bool takes_padding = false;  ///< it can add the zeros of the padding before it itself
  ZeroPads zero_pads = {};
};

/// A network of the zoo: its layers in the order of its authors, described but not built, so that it can be cut
/// anywhere and only what is needed becomes nodes and parameters.
class Network {
 public:
  using Tap = int;  ///< a layer's place
  static constexpr Tap kPicture = -1;

  Tap zero_padding2d(const std::string& name, Tap x, ZeroPads pads);
  Tap conv2d(const std::string& name, Tap x, Convolution convolution,
             const Function& activation = functions_of::kLinear);
  Tap depthwise_conv2d(const std::string& name, Tap x, Convolution convolution);
  struct Norm {
    double epsilon = 1e-3;
    double momentum = 0.99;
    bool has_scale = true;
  };
  Tap batch_normalization(const std::string& name, Tap x, Norm norm);
  Tap activation(const std::string& name, Tap x, const Function& function);
  /// A padding before a max pooling must come from a relu: zeros then never are a window's maximum unless all of it is
  /// zero.
  Tap max_pooling2d(const std::string& name, Tap x, Sliding sliding);
  Tap average_pooling2d(const std::string& name, Tap x, Sliding sliding);
  /// One number a channel: in a row, or as a picture of one pixel.
  Tap global_average_pooling2d(const std::string& name, Tap x, bool keeps_picture = false);
  Tap add(const std::string& name, std::vector<Tap> taps);
  Tap multiply(const std::string& name, std::vector<Tap> taps);
  Tap concatenate(const std::string& name, std::vector<Tap> taps);
  Tap flatten(const std::string& name, Tap x, const std::string& type = "Flatten");
  Tap dense(const std::string& name, Tap x, DenseUnits dense, const Function& activation);
  Tap dropout(const std::string& name, Tap x, double rate);
  /// A layer of a kind that no other network has.
  Tap layer(InnerLayer layer);

  /// All layers that follow are the classifier's.
  void begin_top() { top_ = layers_.size(); }
  bool has_top() const { return top_ < layers_.size(); }
  /// The last layer before the classifier.
  Tap feature_map() const { return static_cast<Tap>(std::min(top_, layers_.size())) - 1; }
  /// For each layer whether it is the only way from the picture to what follows it.
  std::vector<bool> passages() const;
  const std::vector<InnerLayer>& layers() const { return layers_; }
  /// kPicture: there is none.
  Tap find(const std::string& name) const;

 private:
  Tap multi_input(InnerLayer layer, const char* op, const Attributes& attributes);

  std::vector<InnerLayer> layers_;
  std::size_t top_ = static_cast<std::size_t>(-1);
};

}  // namespace thaw
