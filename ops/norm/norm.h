#pragma once

#include "graph/op_registry.h"

namespace thaw {

// The definitions of the family, one function a file.
void define_batch_norm(OpRegistry& registry);   ///< BatchNormalization, BatchNormalizationTraining, RunningAverage
void define_sample_norm(OpRegistry& registry);  ///< LayerNormalization, InstanceNormalization, GroupNormalization
void define_lrn(OpRegistry& registry);          ///< LRN

/// Throws GraphError unless input `i`, called `name`, has one number for each of X's channels.
void expect_per_channel(const InferContext& context, int i, const std::string& name);
/// Throws GraphError if epsilon is negative.
void expect_epsilon(const InferContext& context);

/// ONNX's default, 1e-5.
inline double epsilon_of(const Attributes& attributes) { return attributes.real("epsilon", 1e-5); }

}  // namespace thaw
