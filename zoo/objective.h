#pragma once

#include "zoo/compose.h"

namespace thaw {

/// One loss or metric's comparison of an output with its truth.
struct ObjectiveTerm {
  std::string output;    ///< layer name
  std::string loss;      ///< "categorical_cross_entropy"
  Target target = AUTO;  ///< resolved: CLASS, BOX or CLASS_SET
  double weight = 1;
  /// Graph input: i32 [N] for the class of a softmax, f32 [N,C] for its classes' shares of mixed samples, f32 [N,1] for
  /// the share of the second of two classes, f32 [N,K] otherwise.
  ValueId truth = kNoValue;
  ValueId per_sample = kNoValue;  ///< loss of each sample, before its weight
  int units = 0;                  ///< values of the output for a sample
};

/// The samples that losses are taken over.
struct ObjectiveSamples {
  std::int64_t batch = 1;
  bool are_mixed = false;  ///< a sample may be of several classes, by shares
};

/// What training minimises.
struct Objective {
  ValueId total = kNoValue;           ///< scalar
  ValueId sample_weights = kNoValue;  ///< graph input f32 [N]: 0 for rows that only fill up a short batch
  std::vector<ObjectiveTerm> terms;
};

/// Appends the losses: the sum over terms of weight * mean over samples.
Objective add_objective(const Train& train, const ComposedModel& model, const ObjectiveSamples& samples,
                        Builder& builder);

}  // namespace thaw
