#include "tests/reference/networks.h"

#include <algorithm>
#include <cmath>

#include "tests/reference/random.h"

namespace thaw::reference {
namespace {

/// A parameter pair of a layer: kernel and bias.
std::vector<ValueId> weights_of(Builder& builder, const std::string& layer, Shape kernel) {
  const std::int64_t outputs = kernel.front();
  return {builder.parameter(layer + "/kernel", std::move(kernel)), builder.parameter(layer + "/bias", {outputs})};
}

ValueId conv_block(Builder& builder, ValueId x, int number, const NetworkOptions& options) {
  const std::int64_t channels = builder.graph().value(x).type.shape.at(1);
  const std::int64_t filters = options.filters.at(static_cast<std::size_t>(number));
  const std::string layer = "conv2d_" + std::to_string(number + 1);
  const auto weights = weights_of(builder, layer, {filters, channels, 3, 3});
  builder.enter(layer);
  x = builder.node("Conv", {x, weights[0], weights[1]}, {{"kernel_shape", std::vector<std::int64_t>{3, 3}}});
  x = builder.node(options.activation, {x});
  builder.enter("pooling_" + std::to_string(number + 1));
  return builder.node(
      options.pool, {x},
      {{"kernel_shape", std::vector<std::int64_t>{2, 2}}, {"strides", std::vector<std::int64_t>{2, 2}}});
}

ValueId dense(Builder& builder, ValueId x, const std::string& layer, std::int64_t units) {
  const auto weights = weights_of(builder, layer, {units, builder.graph().value(x).type.shape.at(1)});
  builder.enter(layer);
  return builder.node("Gemm", {x, weights[0], weights[1]}, {{"transB", std::int64_t{1}}});
}

void add_losses(Builder& builder, Network& network, ValueId logits, const NetworkOptions& options) {
  builder.enter("class_loss");
  const Attributes smoothing{{"label_smoothing", options.label_smoothing}};
  const ValueId class_rows = options.has_loss_on_probabilities
                                 ? builder.node("CrossEntropyLoss", {network.probabilities, network.label}, smoothing)
                                 : builder.nodes("SoftmaxCrossEntropyLoss", {logits, network.label}, smoothing).front();
  network.class_loss = builder.node("WeightedMean", {class_rows, network.sample_weights}, {{"scale", 1.0}});
  builder.enter("box_loss");
  const ValueId box_rows = builder.node("MeanSquaredErrorLoss", {network.predicted_box, network.box});
  network.box_loss = builder.node("WeightedMean", {box_rows, network.sample_weights}, {{"scale", 2.0}});
  builder.enter("loss");
  network.loss = builder.node("Add", {network.class_loss, network.box_loss});
}

}  // namespace

Network build_localization(Builder& builder, const NetworkOptions& options) {
  const std::int64_t n = options.batch;
  Network network{};
  network.image = builder.input(
      "image", {DType::kFloat32, {n, options.channels, options.size, options.size + options.extra_width}});
  network.label = builder.input("label", {DType::kInt32, {n}});
  network.box = builder.input("box", {DType::kFloat32, {n, 4}});
  network.sample_weights = builder.input("sample_weights", {DType::kFloat32, {n}});

  ValueId x = network.image;
  for (int i = 0; i < static_cast<int>(options.filters.size()); ++i) x = conv_block(builder, x, i, options);
  builder.enter("flatten");
  x = builder.node("Flatten", {x});
  x = dense(builder, x, "dense", options.units);
  x = builder.node(options.activation, {x});
  const ValueId logits = dense(builder, x, "classification", options.classes);
  network.probabilities = builder.node("Softmax", {logits});
  network.predicted_box = dense(builder, x, "bounding_box", 4);
  add_losses(builder, network, logits, options);
  builder.graph().mark_output(network.loss);
  return network;
}

ValueId append_update(Builder& builder, const std::string& op, Attributes attributes,
                      const std::map<ValueId, ValueId>& gradients, ValueId loss,
                      const std::vector<std::string>& slots) {
  std::vector<ValueId> inputs{loss, builder.input("learning_rate", {DType::kFloat32, {}}),
                              builder.input("step", {DType::kInt32, {}})};
  for (const auto& [weight, gradient] : gradients) inputs.push_back(weight);
  for (const auto& [weight, gradient] : gradients) inputs.push_back(gradient);
  for (const std::string& slot : slots) {
    for (const auto& [weight, gradient] : gradients) {
      const Value value = builder.graph().value(weight);
      inputs.push_back(builder.state(value.name + "/" + slot, value.type.shape));
    }
  }
  attributes.set("count", static_cast<std::int64_t>(gradients.size()));
  builder.enter("update", Phase::kUpdate);
  return builder.node(op, inputs, attributes);
}

Feeds network_feeds(const Graph& graph, const NetworkOptions& options, std::uint64_t seed) {
  Feeds feeds;
  for (std::size_t i = 0; i < graph.values().size(); ++i) {
    const Value& value = graph.values()[i];
    if (value.kind == ValueKind::kComputed) continue;
    const Shape& shape = value.type.shape;
    const std::int64_t count = element_count(shape);
    std::vector<double>& numbers = feeds[static_cast<ValueId>(i)];
    if (value.name == "label") {
      numbers = random_labels(count, seed + i, options.classes);
    } else if (value.name == "step") {
      numbers = {1};
    } else if (value.name == "learning_rate") {
      numbers = {static_cast<float>(0.01)};
    } else if (value.kind == ValueKind::kState) {
      numbers.assign(static_cast<std::size_t>(count), 0.0);
    } else if (value.kind == ValueKind::kInput) {
      numbers = random_values(count, seed + i, 0, 1);
    } else {
      // Glorot's limit for kernels; biases small but not zero, so that a lost bias shows.
      const std::int64_t area = shape.size() == 4 ? shape[2] * shape[3] : 1;
      const double fans = shape.size() > 1 ? static_cast<double>((shape[0] + shape[1]) * area) : 600;
      const double limit = std::sqrt(6 / fans);
      numbers = random_values(count, seed + i, -limit, limit);
    }
  }
  return feeds;
}

}  // namespace thaw::reference
