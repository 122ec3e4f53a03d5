#pragma once

#include <string>

namespace thaw {

/// What `thaw zoo` prints: the networks with input size, parameters, operations and where they can be cut.
std::string list_zoo(bool wants_json);

/// What `thaw zoo NAME` prints: every inner layer of a network with its output and parameters. Throws InputError for an
/// unknown name.
std::string list_network(const std::string& name, bool wants_json);

}  // namespace thaw
