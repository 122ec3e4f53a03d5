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

/// Makes the other summand of the Add at `node_index` the fourth input of the batch normalization in training that
/// computes one, if nobody else reads that and the other is there in time.
bool add_residual_to_batch_norm(Graph& graph, int node_index);

/// Folds the batch normalization with stored statistics at `node_index` into the convolution that feeds it, if nobody
/// else reads that: the scale goes into the kernel, what remains into the bias. What is computed of weights alone runs
/// once.
bool fold_batch_norm(Graph& graph, int node_index);

}  // namespace thaw
