#pragma once

#include "zoo/compose.h"

namespace thaw {

/// One loss or metric's comparison of an output with its truth.
struct ObjectiveTerm {
  std::string output;    ///< layer name
  std::string loss;      ///< "categorical_cross_entropy"
  Target target = AUTO;  ///< resolved: CLASS, BOX or CLASS_SET
  double weight = 1;
  ValueId truth = kNoValue;       ///< graph input: i32 [N] for CLASS, f32 [N,K] otherwise
  ValueId per_sample = kNoValue;  ///< loss of each sample, before its weight
};

/// What training minimises.
struct Objective {
  ValueId total = kNoValue;           ///< scalar
  ValueId sample_weights = kNoValue;  ///< graph input f32 [N]: 0 for rows that only fill up a short batch
  std::vector<ObjectiveTerm> terms;
};

/// Appends the losses: the sum over terms of weight * mean over samples.
Objective add_objective(const Train& train, const ComposedModel& model, std::int64_t batch, Builder& builder);

}  // namespace thaw
