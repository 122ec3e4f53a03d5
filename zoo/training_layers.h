#pragma once

#include <string>

#include "zoo/compose.h"

// Layers that act differently while a network is trained. Every layer that normalizes over the batch or drops at random
// is built here, whatever it was read from.
namespace thaw {

/// What layers are built with.
struct ComposeContext {
  const ComposeOptions& options;
  Builder& builder;
  ComposedModel& model;

  const Shape& shape(ValueId value) const { return builder.graph().value(value).type.shape; }
};

/// Whose mean and variance a batch normalization uses.
enum class Statistics {
  kBatch,   ///< the batch's own; the running ones follow
  kStored,  ///< the running ones, which stay as they are
};

/// A batch normalization over axis 1, with values of one number a channel.
struct BatchNorm {
  std::string layer;
  ValueId input = kNoValue, scale = kNoValue, bias = kNoValue;
  ValueId mean = kNoValue, variance = kNoValue;  ///< parameters that are not trainable: the running statistics
  double momentum = 0.99;                        ///< share of the old running statistics that an update keeps
  double epsilon = 1e-3;
};
/// The one place that decides it: the batch's own while training, unless a rule says that stored ones are used or that
/// its scale and shift are frozen. As in Keras, a frozen batch normalization does not look at the batch.
Statistics statistics_of(const ComposeContext& context, const BatchNorm& norm);

/// Appends it as the phase asks for. The running variance follows the batch's unbiased one (divided by n - 1), as in
/// PyTorch and Keras 2's kernel for pictures.
ValueId add_batch_norm(const ComposeContext& context, const BatchNorm& norm);

/// Sets a share `rate` of the values to 0 while training and scales the others up, so that the mean stays: other values
/// in each step, drawn from (seed, layer, step, element). Outside training `input` itself.
ValueId add_dropout(const ComposeContext& context, ValueId input, double rate, const std::string& layer);

}  // namespace thaw
