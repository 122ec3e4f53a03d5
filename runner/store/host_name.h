#pragma once

#include <string>

namespace thaw {

/// What this machine is called, for names of files that several machines may write; "unknown" if it has no name.
std::string host_name();

}  // namespace thaw
