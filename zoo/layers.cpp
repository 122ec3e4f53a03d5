#include "zoo/layers.h"

#include <sstream>

#include "graph/window_pads.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

using Pair = std::vector<std::int64_t>;

/// Height and width from a repeated field: none (the default), one for both, or two.
template <typename Field>
Pair pair_of(const Field& field, const Pair& fallback, const std::string& layer, const char* attribute) {
  if (field.size() == 0) return fallback;
  if (field.size() > 2) throw GraphError(layer, attribute, "takes one number or two (height, width)");
  return {field[0], field[field.size() - 1]};
}

/// ONNX pads (top, left, bottom, right). SAME puts the odd one last, as Keras and TensorFlow do.
std::vector<std::int64_t> pads_of(Padding padding, const Shape& x, const Pair& kernel, const Pair& strides) {
  return auto_pads(padding == SAME ? AutoPad::kSameUpper : AutoPad::kValid, {x[2], x[3]}, {kernel, strides, {}});
}

std::string times(const Pair& pair) { return std::to_string(pair[0]) + "x" + std::to_string(pair[1]); }

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string activation_text(Activation activation) {
  return activation == LINEAR ? "" : ", " + lower(Activation_Name(activation));
}

std::string strides_text(const Pair& strides, const Pair& usual) {
  return strides == usual ? "" : ", strides " + times(strides);
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

ValueId LayerBuilder::activate(Activation activation, ValueId input) {
  switch (activation) {
    case RELU:
      return builder_.node("Relu", {input});
    case SIGMOID:
      return builder_.node("Sigmoid", {input});
    case TANH:
      return builder_.node("Tanh", {input});
    case SOFTMAX:
      return builder_.node("Softmax", {input});
    case LINEAR:
      break;
  }
  return input;
}

ValueId LayerBuilder::conv2d(const Conv2d& layer, ValueId input) {
  const Shape x = shape(input);
  expect_picture(name_, x);
  const Pair kernel = pair_of(layer.kernel_size(), {}, name_, "kernel_shape");
  const Pair strides = pair_of(layer.strides(), {1, 1}, name_, "strides");
  type_ = "Conv2D " + times(kernel) + ", " + std::to_string(layer.filters()) + " filters" +
          strides_text(strides, {1, 1}) + (layer.padding() == SAME ? ", same" : "") +
          activation_text(layer.activation());
  const std::int64_t area = kernel[0] * kernel[1];
  std::vector<ValueId> inputs{
      input, parameters_.parameter("kernel", {layer.filters(), x[1], kernel[0], kernel[1]}, layer.kernel_initializer(),
                                   {x[1] * area, layer.filters() * area})};
  if (layer.use_bias()) inputs.push_back(parameters_.parameter("bias", {layer.filters()}, ZEROS));
  const ValueId y = builder_.node(
      "Conv", inputs,
      {{"kernel_shape", kernel}, {"strides", strides}, {"pads", pads_of(layer.padding(), x, kernel, strides)}});
  return activate(layer.activation(), y);
}

ValueId LayerBuilder::dense(const Dense& layer, ValueId input) {
  const Shape x = shape(input);
  if (x.size() != 2) {
    throw GraphError(name_, "input",
                     "needs one row of values a sample, but its input is " + to_text(Shape(x.begin() + 1, x.end())) +
                         " (put a flatten layer before it)");
  }
  type_ = "Dense " + std::to_string(layer.units()) + activation_text(layer.activation());
  std::vector<ValueId> inputs{
      input, parameters_.parameter("kernel", {layer.units(), x[1]}, layer.kernel_initializer(), {x[1], layer.units()})};
  if (layer.use_bias()) inputs.push_back(parameters_.parameter("bias", {layer.units()}, ZEROS));
  return activate(layer.activation(), builder_.node("Gemm", inputs, {{"transB", std::int64_t{1}}}));
}

template <typename Pooling>
ValueId LayerBuilder::pooling(const Pooling& layer, const char* op, const char* title, ValueId input) {
  const Shape x = shape(input);
  expect_picture(name_, x);
  const Pair size = pair_of(layer.pool_size(), {2, 2}, name_, "kernel_shape");
  const Pair strides = pair_of(layer.strides(), size, name_, "strides");
  type_ =
      std::string(title) + " " + times(size) + strides_text(strides, size) + (layer.padding() == SAME ? ", same" : "");
  return builder_.node(
      op, {input},
      {{"kernel_shape", size}, {"strides", strides}, {"pads", pads_of(layer.padding(), x, size, strides)}});
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

ValueId LayerBuilder::global_average_pooling2d(ValueId input) {
  expect_picture(name_, shape(input));
  type_ = "GlobalAveragePooling2D";
  return builder_.node("Flatten", {builder_.node("GlobalAveragePool", {input})});
}

ValueId LayerBuilder::rescaling(const Rescaling& layer, ValueId input) {
  type_ = "Rescaling";
  const Shape x = shape(input);
  const std::vector<double> scale(layer.scale().begin(), layer.scale().end());
  const std::vector<double> offset(layer.offset().begin(), layer.offset().end());
  const ValueId scaled = builder_.node("Mul", {input, per_channel("scale", scale, x)});
  return offset.empty() ? scaled : builder_.node("Add", {scaled, per_channel("offset", offset, x)});
}

ValueId LayerBuilder::build(const Layer& layer, ValueId input) {
  builder_.enter(name_);
  ValueId output = kNoValue;
  switch (layer.kind_case()) {
    case Layer::kConv2D:
      output = conv2d(layer.conv2d(), input);
      break;
    case Layer::kDense:
      output = dense(layer.dense(), input);
      break;
    case Layer::kAveragePooling2D:
      output = pooling(layer.average_pooling2d(), "AveragePool", "AveragePooling2D", input);
      break;
    case Layer::kMaxPooling2D:
      output = pooling(layer.max_pooling2d(), "MaxPool", "MaxPooling2D", input);
      break;
    case Layer::kFlatten:
      type_ = "Flatten";
      output = builder_.node("Flatten", {input});
      break;
    case Layer::kActivation:
      type_ = "Activation " + lower(Activation_Name(layer.activation().function()));
      output = activate(layer.activation().function(), input);
      break;
    case Layer::kBatchNormalization:
      output = batch_normalization(layer.batch_normalization(), input);
      break;
    case Layer::kDropout:
      output = dropout(layer.dropout(), input);
      break;
    case Layer::kGlobalAveragePooling2D:
      output = global_average_pooling2d(input);
      break;
    case Layer::kRescaling:
      output = rescaling(layer.rescaling(), input);
      break;
    default:
      throw InternalError("layer " + name_ + " is of a kind that passed the checks but cannot be built");
  }
  LayerInfo info;
  info.type = type_;
  info.parameters = parameters_.count();
  info.trainable_parameters = parameters_.trainable_count();
  context_.model.layers.push_back(std::move(info));
  return output;
}

std::string field_of_attribute(const Layer& layer, const std::string& attribute) {
  const auto* kind =
      layer.GetReflection()->GetOneofFieldDescriptor(layer, Layer::descriptor()->FindOneofByName("kind"));
  const std::string prefix = kind ? "." + kind->name() : "";
  const bool is_pooling = layer.has_average_pooling2d() || layer.has_max_pooling2d();
  if (attribute == "kernel_shape") return prefix + (is_pooling ? ".pool_size" : ".kernel_size");
  if (attribute == "strides") return prefix + ".strides";
  if (attribute == "scale" || attribute == "offset") return prefix + "." + attribute;
  if (attribute == "input" && layer.from_size() > 0) return ".from[0]";
  return prefix;
}

}  // namespace thaw
