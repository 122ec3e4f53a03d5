#pragma once

#include <map>

#include "graph/builder.h"
#include "tests/reference/interpreter.h"

namespace thaw::reference {

/// The mission's localization network, at any size: three times convolution, relu and pooling, then a dense layer and
/// two outputs, class and box.
struct NetworkOptions {
  std::int64_t batch = 2;
  std::int64_t channels = 1;
  std::int64_t size = 75;  ///< height; the width is `size + extra_width`
  std::int64_t extra_width = 0;
  std::vector<std::int64_t> filters{16, 32, 64};
  std::int64_t units = 128;
  std::int64_t classes = 10;
  double label_smoothing = 0;
  std::string pool = "AveragePool";
  std::string activation = "Relu";
  /// Loss operators on probabilities (Softmax, then CrossEntropyLoss), as zoo writes them, or at once on logits.
  bool has_loss_on_probabilities = false;
};

struct Network {
  ValueId image, label, box, sample_weights;  ///< inputs
  ValueId class_loss, box_loss, loss;         ///< scalars
  ValueId probabilities, predicted_box;
};

Network build_localization(Builder& builder, const NetworkOptions& options);

/// Appends the update of all `gradients` (parameter -> gradient) and returns its norm. Adds the inputs "learning_rate"
/// and "step", and a slot "<parameter>/<slot>" for each of `slots` and each parameter.
ValueId append_update(Builder& builder, const std::string& op, Attributes attributes,
                      const std::map<ValueId, ValueId>& gradients, ValueId loss, const std::vector<std::string>& slots);

/// Something sensible for every input, parameter and slot: labels in range, weights by fan, slots zero.
Feeds network_feeds(const Graph& graph, const NetworkOptions& options, std::uint64_t seed);

}  // namespace thaw::reference
