#pragma once

#include "graph/op_registry.h"

namespace thaw {

/// Every operator thaw knows and every fusion rule. The one list; a missing definition is a link error.
const OpRegistry& operators();

}  // namespace thaw
