#pragma once

#include "graph/op_registry.h"

namespace thaw {

// One function a family: what its operators mean. Called by ops/catalogue alone.
void define_conv(OpRegistry& registry);
void define_pool(OpRegistry& registry);
void define_linear(OpRegistry& registry);
void define_matmul(OpRegistry& registry);
void define_elementwise(OpRegistry& registry);
void define_softmax(OpRegistry& registry);
void define_norm(OpRegistry& registry);
void define_reduce(OpRegistry& registry);
void define_shape(OpRegistry& registry);
void define_resize(OpRegistry& registry);
void define_loss(OpRegistry& registry);
void define_update(OpRegistry& registry);

}  // namespace thaw
