#pragma once

#include <vector>

#include "zoo/compose.h"

namespace thaw {

/// A parameter's starting values: a function of (seed, parameter name, element) alone, so that adding a layer elsewhere
/// changes nothing here.
std::vector<float> initial_values(const ParameterInit& parameter, std::uint64_t seed);

/// Whether its values are those that a file gave.
bool starts_from_file(const ParameterInit& parameter);

}  // namespace thaw
