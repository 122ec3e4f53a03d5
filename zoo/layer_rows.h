#pragma once

#include "zoo/training_layers.h"

namespace thaw {

/// Forward operations of the nodes from `first_node` on, for one sample.
std::int64_t flops_since(const ComposeContext& context, std::size_t first_node);

/// A value's shape without the batch.
Shape sample_shape(const ComposeContext& context, ValueId value);

}  // namespace thaw
