#include "zoo/network.h"

#include <algorithm>
#include <sstream>

#include "graph/window_pads.h"

namespace thaw {
namespace {

std::string activation_text(const Function& function) { return function.op.empty() ? "" : ", " + function.name; }

/// The scale of a normalization that has none.
ValueId ones(ParameterFactory& parameters, const Shape& channels) {
  const auto count = static_cast<std::size_t>(channels[0]);
  return parameters.constant("ones", {DType::kFloat32, channels},
                             std::make_shared<const std::vector<float>>(count, 1.0F));
}

std::string number(double value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

}  // namespace

Sides ZeroPads::of(const Shape& picture) const {
  if (strided_size == 0) return fixed;
  const Shape pads =
      auto_pads(AutoPad::kSameUpper, {picture[2], picture[3]}, {{strided_size, strided_size}, {2, 2}, {}});
  return {pads[0], pads[1], pads[2], pads[3]};
}

Network::Tap Network::layer(InnerLayer layer) {
  layers_.push_back(std::move(layer));
  return static_cast<Tap>(layers_.size()) - 1;
}

Network::Tap Network::find(const std::string& name) const {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (layers_[i].name == name) return static_cast<Tap>(i);
  }
  return kPicture;
}

std::vector<bool> Network::passages() const {
  std::vector<bool> passages(layers_.size(), true);
  for (std::size_t reader = 0; reader < layers_.size(); ++reader) {
    const std::vector<Tap>& from = layers_[reader].from;
    const Tap first = *std::min_element(from.begin(), from.end());
    for (auto between = static_cast<std::size_t>(first) + 1; between < reader; ++between) passages[between] = false;
  }
  return passages;
}

Network::Tap Network::zero_padding2d(const std::string& name, Tap x, ZeroPads pads) {
  InnerLayer padding{name, "ZeroPadding2D", {x}, [pads](InnerNodes& nodes) {
                       const Shape& shape = nodes.context.shape(nodes.inputs[0]);
                       return add_zero_padding(nodes.context, pads.of(shape), nodes.inputs[0]);
                     }};
  padding.is_padding = true;
  padding.zero_pads = pads;
  return layer(std::move(padding));
}

Network::Tap Network::conv2d(const std::string& name, Tap x, Convolution convolution, const Function& activation) {
  const std::string type =
      "Conv2D " + times(convolution.sliding.size) + ", " + std::to_string(convolution.filters) + " filters" +
      to_text(convolution.sliding, {1, 1}).substr(times(convolution.sliding.size).size()) + activation_text(activation);
  InnerLayer conv{name, type, {x}, [convolution, activation](InnerNodes& nodes) {
                    Convolution placed = convolution;
                    if (nodes.pads) placed.sliding.pads = nodes.pads;
                    return add_function(nodes.context, activation,
                                        add_convolution(nodes.parameters, placed, nodes.inputs[0]));
                  }};
  conv.takes_padding = convolution.sliding.padding == VALID && !convolution.sliding.pads;
  return layer(std::move(conv));
}

Network::Tap Network::depthwise_conv2d(const std::string& name, Tap x, Convolution convolution) {
  convolution.is_depthwise = true;
  convolution.filters = 1;
  const Tap tap = conv2d(name, x, convolution);
  layers_.back().type = "DepthwiseConv2D " + to_text(convolution.sliding, {1, 1});
  return tap;
}

Network::Tap Network::batch_normalization(const std::string& name, Tap x, Norm norm) {
  return layer({name, "BatchNormalization", {x}, [norm](InnerNodes& nodes) {
                  const Shape channels{nodes.context.shape(nodes.inputs[0])[1]};
                  BatchNorm batch_norm;
                  batch_norm.layer = nodes.name;
                  batch_norm.input = nodes.inputs[0];
                  batch_norm.scale = norm.has_scale ? nodes.parameters.parameter("gamma", channels, ONES)
                                                    : ones(nodes.parameters, channels);
                  batch_norm.bias = nodes.parameters.parameter("beta", channels, ZEROS);
                  batch_norm.mean = nodes.parameters.statistic("moving_mean", channels, ZEROS);
                  batch_norm.variance = nodes.parameters.statistic("moving_variance", channels, ONES);
                  batch_norm.momentum = nodes.momentum.value_or(norm.momentum);
                  batch_norm.epsilon = norm.epsilon;
                  return add_batch_norm(nodes.context, batch_norm);
                }});
}

Network::Tap Network::activation(const std::string& name, Tap x, const Function& function) {
  return layer({name, "Activation " + function.name, {x}, [function](InnerNodes& nodes) {
                  return add_function(nodes.context, function, nodes.inputs[0]);
                }});
}

Network::Tap Network::max_pooling2d(const std::string& name, Tap x, Sliding sliding) {
  InnerLayer pooling{name, "MaxPooling2D " + to_text(sliding, sliding.size), {x}, [sliding](InnerNodes& nodes) {
                       Sliding placed = sliding;
                       if (nodes.pads) placed.pads = nodes.pads;
                       return add_pooling(nodes.context, "MaxPool", placed, nodes.inputs[0]);
                     }};
  pooling.takes_padding = true;
  return layer(std::move(pooling));
}

Network::Tap Network::average_pooling2d(const std::string& name, Tap x, Sliding sliding) {
  return layer({name, "AveragePooling2D " + to_text(sliding, sliding.size), {x}, [sliding](InnerNodes& nodes) {
                  return add_pooling(nodes.context, "AveragePool", sliding, nodes.inputs[0]);
                }});
}

Network::Tap Network::global_average_pooling2d(const std::string& name, Tap x, bool keeps_picture) {
  return layer({name, "GlobalAveragePooling2D", {x}, [keeps_picture](InnerNodes& nodes) {
                  Builder& builder = nodes.context.builder;
                  const ValueId pooled = builder.node("GlobalAveragePool", nodes.inputs);
                  return keeps_picture ? pooled : builder.node("Flatten", {pooled});
                }});
}

Network::Tap Network::multi_input(InnerLayer joined, const char* op, const Attributes& attributes) {
  joined.add_nodes = [op, attributes](InnerNodes& nodes) {
    return nodes.context.builder.node(op, nodes.inputs, attributes);
  };
  return layer(std::move(joined));
}

Network::Tap Network::add(const std::string& name, std::vector<Tap> taps) {
  return multi_input({name, "Add", std::move(taps), {}}, "Add", {});
}

Network::Tap Network::multiply(const std::string& name, std::vector<Tap> taps) {
  return multi_input({name, "Multiply", std::move(taps), {}}, "Mul", {});
}

Network::Tap Network::concatenate(const std::string& name, std::vector<Tap> taps) {
  return multi_input({name, "Concatenate", std::move(taps), {}}, "Concat", {{"axis", std::int64_t{1}}});
}

Network::Tap Network::flatten(const std::string& name, Tap x, const std::string& type) {
  return multi_input({name, type, {x}, {}}, "Flatten", {});
}

Network::Tap Network::dense(const std::string& name, Tap x, DenseUnits dense, const Function& activation) {
  return layer({name,
                "Dense " + std::to_string(dense.units) + activation_text(activation),
                {x},
                [dense, activation](InnerNodes& nodes) {
                  return add_function(nodes.context, activation, add_dense(nodes.parameters, dense, nodes.inputs[0]));
                }});
}

Network::Tap Network::dropout(const std::string& name, Tap x, double rate) {
  return layer({name, "Dropout " + number(rate), {x}, [rate](InnerNodes& nodes) {
                  return add_dropout(nodes.context, nodes.inputs[0], rate, nodes.name);
                }});
}

}  // namespace thaw
