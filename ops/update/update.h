#pragma once

#include "graph/op_def.h"

namespace thaw {

/// The inputs of an update node, taken apart.
///
///   Sgd, RmsProp, Adam (loss, learning_rate, step, w..., g..., slot..., x...) {count, factored, ...} -> norm
///
/// One node updates all parameters in place: `count` weights, their gradients, then slots_per_parameter() times
/// `count` slots. Where `factored` lists a parameter (by its place, ascending), its gradient is a product that is not
/// computed before: of a weight [units, values], `g` is dY [samples, units], the next of the `x` is X [samples,
/// values], and the gradient is dY' X. `learning_rate` is f32, `step` i32 and counts from 1; both are scalars. `norm`
/// is the joint L2 norm of the gradients before clipping; if it or the loss is not finite, nothing is updated and
/// `norm` is NaN. Attributes: clip_global_norm, clip_value (0: off) and the optimizer's own (see
/// schemas/experiment.proto). A number for each parameter, in the weights' order, where these lists are there:
///   learning_rate_multipliers   shares of the learning rate (1); 0: slots go on, the weight stays
///   weight_decays               Sgd, RmsProp: added to the clipped gradient, times the weight, before all else (L2);
///                               Adam: taken off the weight, times the weight and its learning rate (AdamW). 0: none
///   first_steps                 Adam: steps done before the weight was released; its bias corrections count from there
struct UpdateInputs {
  ValueId loss, learning_rate, step;
  std::vector<ValueId> weights, gradients;
  std::vector<std::vector<ValueId>> slots;  ///< [slot][parameter]
  std::vector<ValueId> rows;                ///< X by parameter; kNoValue where `gradients` has its whole gradient

  static UpdateInputs of(const Node& node);
};

/// What the lists of an update node say of one parameter.
struct UpdateTerms {
  double learning_rate_multiplier = 1;
  double weight_decay = 0;
  std::int64_t first_step = 0;

  bool operator==(const UpdateTerms&) const = default;
};
std::vector<UpdateTerms> update_terms(const Attributes& attributes);
/// Writes the lists that say anything.
void set_update_terms(const std::vector<UpdateTerms>& terms, Attributes& attributes);

/// Slots each parameter needs: Sgd "velocity" (with momentum), RmsProp "mean_square" and "velocity" (with momentum),
/// Adam "m" and "v".
std::vector<std::string> slot_names(const std::string& op, const Attributes& attributes);

}  // namespace thaw
