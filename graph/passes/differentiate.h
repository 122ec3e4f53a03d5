#pragma once

#include <map>

#include "graph/builder.h"

namespace thaw {

/// Appends the nodes that compute d(loss)/d(parameter) for every trainable parameter the loss depends on.
/// Walks the nodes backwards once; a value read several times gets the sum of what flows back from its readers.
/// `loss` is a scalar. Returns parameter -> gradient.
std::map<ValueId, ValueId> differentiate(Builder& builder, ValueId loss);

}  // namespace thaw
