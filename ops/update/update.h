#pragma once

#include "graph/op_def.h"

namespace thaw {

/// The inputs of an update node, taken apart.
///
///   Sgd, RmsProp, Adam (loss, learning_rate, step, w..., g..., slot...) {count, ...} -> norm
///
/// One node updates all parameters in place: `count` weights, their gradients, then slots_per_parameter() times
/// `count` slots. `learning_rate` is f32, `step` i32 and counts from 1; both are scalars. `norm` is the joint L2 norm
/// of the gradients before clipping; if it or the loss is not finite, nothing is updated and `norm` is NaN.
/// Attributes: clip_global_norm, clip_value (0: off) and the optimizer's own (see schemas/experiment.proto).
struct UpdateInputs {
  ValueId loss, learning_rate, step;
  std::vector<ValueId> weights, gradients;
  std::vector<std::vector<ValueId>> slots;  ///< [slot][parameter]

  static UpdateInputs of(const Node& node);
};

/// Slots each parameter needs: Sgd "velocity" (with momentum), RmsProp "mean_square" and "velocity" (with momentum),
/// Adam "m" and "v".
std::vector<std::string> slot_names(const std::string& op, const Attributes& attributes);

}  // namespace thaw
