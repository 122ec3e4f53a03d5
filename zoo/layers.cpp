#include "zoo/layers.h"

#include <algorithm>
#include <sstream>

#include "schemas/diagnostic.h"
#include "schemas/layer_names.h"
#include "zoo/preprocessing.h"

namespace thaw {
namespace {

/// Height and width from a repeated field: none (the default), one for both, or two.
template <typename Field>
Pair pair_of(const Field& field, const Pair& fallback, const std::string& layer, const char* attribute) {
  if (field.size() == 0) return fallback;
  if (field.size() > 2) throw GraphError(layer, attribute, "takes one number or two (height, width)");
  return {field[0], field[field.size() - 1]};
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string activation_text(Activation activation) {
  return activation == LINEAR ? "" : ", " + lower(Activation_Name(activation));
}

/// Size, strides and padding of a convolution.
template <typename Message>
Sliding sliding_of(const Message& layer, const std::string& name) {
  const Pair size = pair_of(layer.kernel_size(), {}, name, "kernel_shape");
  return {size, pair_of(layer.strides(), {1, 1}, name, "strides"), layer.padding()};
}

void expect_picture(const std::string& layer, const Shape& x) {
  if (x.size() != 4) {
    throw GraphError(
        layer, "input",
        "needs a picture (channels x height x width), but its input is " + to_text(Shape(x.begin() + 1, x.end())));
  }
}

}  // namespace

ValueId LayerBuilder::per_channel(const std::string& role, const std::vector<double>& numbers, const Shape& x) {
  if (numbers.size() == 1) return builder_.node("Constant", {}, {{"value_float", numbers[0]}});
  if (static_cast<std::int64_t>(numbers.size()) != x[1]) {
    throw GraphError(name_, role,
                     "gives " + std::to_string(numbers.size()) + " numbers, but its input has " + std::to_string(x[1]) +
                         " channels");
  }
  Shape spread(x.size(), 1);
  spread[1] = x[1];
  return parameters_.constant(role, {DType::kFloat32, std::move(spread)},
                              std::make_shared<const std::vector<float>>(numbers.begin(), numbers.end()));
}

ValueId LayerBuilder::conv2d(const Conv2d& layer, ValueId input) {
  expect_picture(name_, shape(input));
  const Sliding sliding = sliding_of(layer, name_);
  type_ = "Conv2D " + times(sliding.size) + ", " + std::to_string(layer.filters()) + " filters" +
          to_text(sliding, {1, 1}).substr(times(sliding.size).size()) + activation_text(layer.activation());
  const Convolution convolution{layer.filters(), sliding, false, layer.use_bias(), {layer.kernel_initializer()}};
  return add_function(context_, function_of(layer.activation()), add_convolution(parameters_, convolution, input));
}

ValueId LayerBuilder::depthwise_conv2d(const DepthwiseConv2d& layer, ValueId input) {
  expect_picture(name_, shape(input));
  const Sliding sliding = sliding_of(layer, name_);
  const std::int64_t multiplier = layer.depth_multiplier();
  type_ = "DepthwiseConv2D " + to_text(sliding, {1, 1}) +
          (multiplier == 1 ? "" : ", " + std::to_string(multiplier) + " for each channel") +
          activation_text(layer.activation());
  const Convolution convolution{multiplier, sliding, true, layer.use_bias(), {layer.depthwise_initializer()}};
  return add_function(context_, function_of(layer.activation()), add_convolution(parameters_, convolution, input));
}

ValueId LayerBuilder::dense(const Dense& layer, ValueId input) {
  const Shape x = shape(input);
  if (x.size() != 2) {
    throw GraphError(name_, "input",
                     "needs one row of values a sample, but its input is " + to_text(Shape(x.begin() + 1, x.end())) +
                         " (put a flatten layer before it)");
  }
  type_ = "Dense " + std::to_string(layer.units()) + activation_text(layer.activation());
  const DenseUnits units{layer.units(), layer.use_bias(), {layer.kernel_initializer()}};
  return add_function(context_, function_of(layer.activation()), add_dense(parameters_, units, input));
}

template <typename Pooling>
ValueId LayerBuilder::pooling(const Pooling& layer, const char* op, const char* title, ValueId input) {
  expect_picture(name_, shape(input));
  const Pair size = pair_of(layer.pool_size(), {2, 2}, name_, "kernel_shape");
  const Sliding sliding{size, pair_of(layer.strides(), size, name_, "strides"), layer.padding()};
  type_ = std::string(title) + " " + to_text(sliding, size);
  return add_pooling(context_, op, sliding, input);
}

ValueId LayerBuilder::batch_normalization(const BatchNormalization& layer, ValueId input) {
  type_ = "BatchNormalization";
  const Shape channels{shape(input)[1]};
  BatchNorm norm;
  norm.layer = name_;
  norm.input = input;
  norm.scale = parameters_.parameter("gamma", channels, ONES);
  norm.bias = parameters_.parameter("beta", channels, ZEROS);
  norm.mean = parameters_.statistic("moving_mean", channels, ZEROS);
  norm.variance = parameters_.statistic("moving_variance", channels, ONES);
  norm.momentum = layer.momentum();
  norm.epsilon = layer.epsilon();
  return add_batch_norm(context_, norm);
}

ValueId LayerBuilder::dropout(const Dropout& layer, ValueId input) {
  std::ostringstream rate;
  rate << layer.rate();
  type_ = "Dropout " + rate.str();
  return add_dropout(context_, input, layer.rate(), name_);
}

ValueId LayerBuilder::global_pooling2d(const char* op, const char* title, ValueId input) {
  expect_picture(name_, shape(input));
  type_ = title;
  return builder_.node("Flatten", {builder_.node(op, {input})});
}

ValueId LayerBuilder::rescaling(const Rescaling& layer, ValueId input) {
  type_ = layer.reverse_channels() ? "Rescaling, channels reversed" : "Rescaling";
  if (layer.reverse_channels()) input = reversed_channels(context_, input);
  const Shape x = shape(input);
  const std::vector<double> scale(layer.scale().begin(), layer.scale().end());
  const std::vector<double> offset(layer.offset().begin(), layer.offset().end());
  const ValueId scaled = builder_.node("Mul", {input, per_channel("scale", scale, x)});
  return offset.empty() ? scaled : builder_.node("Add", {scaled, per_channel("offset", offset, x)});
}

ValueId LayerBuilder::up_sampling2d(const UpSampling2d& layer, ValueId input) {
  const Shape x = shape(input);
  expect_picture(name_, x);
  const Pair size = pair_of(layer.size(), {2, 2}, name_, "size");
  const bool is_bilinear = layer.interpolation() == BILINEAR;
  type_ = "UpSampling2D " + times(size) + (is_bilinear ? ", bilinear" : "");
  // For whole factors rounding down from the corner repeats each pixel.
  return builder_.node(
      "Resize", {input},
      {{"mode", is_bilinear ? "linear" : "nearest"},
       {"coordinate_transformation_mode", is_bilinear ? "half_pixel" : "asymmetric"},
       {"nearest_mode", "floor"},
       {"scales", std::vector<double>{1, 1, static_cast<double>(size[0]), static_cast<double>(size[1])}},
       {"output_shape", Shape{x[0], x[1], x[2] * size[0], x[3] * size[1]}}});
}

ValueId LayerBuilder::zero_padding2d(const ZeroPadding2d& layer, ValueId input) {
  expect_picture(name_, shape(input));
  const std::vector<std::int64_t> given(layer.padding().begin(), layer.padding().end());
  Sides pads{1, 1, 1, 1};
  if (given.size() == 1) pads.fill(given[0]);
  if (given.size() == 2) pads = {given[0], given[1], given[0], given[1]};
  if (given.size() == 3) {
    throw GraphError(name_, "padding", "takes one number, two (height, width) or four (top, bottom, left, right)");
  }
  if (given.size() == 4) pads = {given[0], given[2], given[1], given[3]};
  type_ = "ZeroPadding2D";
  return add_zero_padding(context_, pads, input);
}

ValueId LayerBuilder::add(const Add& layer, const std::vector<ValueId>& inputs) {
  type_ = "Add" + activation_text(layer.activation());
  ValueId sum = inputs[0];
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    const Shape a = shape(sum), b = shape(inputs[i]);
    if (a != b) {
      throw GraphError(name_, "from[" + std::to_string(i) + "]",
                       "adds layers of one shape, but has " + to_text(Shape(a.begin() + 1, a.end())) + " and " +
                           to_text(Shape(b.begin() + 1, b.end())));
    }
    sum = builder_.node("Add", {sum, inputs[i]});
  }
  return add_function(context_, function_of(layer.activation()), sum);
}

ValueId LayerBuilder::concatenate(const std::vector<ValueId>& inputs) {
  type_ = "Concatenate";
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    const Shape a = shape(inputs[0]), b = shape(inputs[i]);
    Shape with_as_many_channels = b;
    if (a.size() == b.size()) with_as_many_channels[1] = a[1];
    if (a != with_as_many_channels) {
      throw GraphError(name_, "from[" + std::to_string(i) + "]",
                       "puts layers of one height and width beside each other, but has " +
                           to_text(Shape(a.begin() + 1, a.end())) + " and " + to_text(Shape(b.begin() + 1, b.end())));
    }
  }
  return builder_.node("Concat", inputs, {{"axis", std::int64_t{1}}});
}

ValueId LayerBuilder::build(const Layer& layer, const std::vector<ValueId>& inputs) {
  builder_.enter(name_);
  ValueId output = kNoValue;
  if (layer.has_add() || layer.has_concatenate()) {
    if (inputs.size() < 2) throw GraphError(name_, "from", "joins at least two layers");
    output = layer.has_add() ? add(layer.add(), inputs) : concatenate(inputs);
  } else {
    if (inputs.size() > 1) throw GraphError(name_, "from[1]", "takes one input");
    output = single_input(layer, inputs[0]);
  }
  LayerInfo info;
  info.type = type_;
  info.parameters = parameters_.count();
  info.trainable_parameters = parameters_.trainable_count();
  context_.model.layers.push_back(std::move(info));
  return output;
}

ValueId LayerBuilder::single_input(const Layer& layer, ValueId input) {
  switch (layer.kind_case()) {
    case Layer::kConv2D:
      return conv2d(layer.conv2d(), input);
    case Layer::kDepthwiseConv2D:
      return depthwise_conv2d(layer.depthwise_conv2d(), input);
    case Layer::kDense:
      return dense(layer.dense(), input);
    case Layer::kAveragePooling2D:
      return pooling(layer.average_pooling2d(), "AveragePool", "AveragePooling2D", input);
    case Layer::kMaxPooling2D:
      return pooling(layer.max_pooling2d(), "MaxPool", "MaxPooling2D", input);
    case Layer::kFlatten:
      type_ = "Flatten";
      return builder_.node("Flatten", {input});
    case Layer::kActivation:
      type_ = "Activation " + lower(Activation_Name(layer.activation().function()));
      return add_function(context_, function_of(layer.activation().function()), input);
    case Layer::kBatchNormalization:
      return batch_normalization(layer.batch_normalization(), input);
    case Layer::kDropout:
      return dropout(layer.dropout(), input);
    case Layer::kGlobalAveragePooling2D:
      return global_pooling2d("GlobalAveragePool", "GlobalAveragePooling2D", input);
    case Layer::kGlobalMaxPooling2D:
      return global_pooling2d("GlobalMaxPool", "GlobalMaxPooling2D", input);
    case Layer::kRescaling:
      return rescaling(layer.rescaling(), input);
    case Layer::kUpSampling2D:
      return up_sampling2d(layer.up_sampling2d(), input);
    case Layer::kZeroPadding2D:
      return zero_padding2d(layer.zero_padding2d(), input);
    default:
      throw InternalError("layer " + name_ + " is of a kind that passed the checks but cannot be built");
  }
}

std::string field_of_attribute(const Layer& layer, const std::string& attribute) {
  if (layer.from_size() > 0 && attribute.starts_with("from[")) return "." + attribute;
  if (layer.from_size() > 0 && attribute == "input") return ".from[0]";
  std::string field = layer.kind_case() == Layer::KIND_NOT_SET ? "" : "." + layer_kind(layer);
  const bool is_pooling = layer.has_average_pooling2d() || layer.has_max_pooling2d();
  if (attribute == "kernel_shape") field += is_pooling ? ".pool_size" : ".kernel_size";
  const std::vector<std::string> same_name = {"strides", "scale", "offset", "size", "padding"};
  if (std::find(same_name.begin(), same_name.end(), attribute) != same_name.end()) field += "." + attribute;
  return field;
}

}  // namespace thaw
