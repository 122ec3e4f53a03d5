#pragma once

#include <string>

#include "schemas/experiment.pb.h"

namespace thaw {

/// The experiment as a file that needs no other: no `base`, and in every message that is present, or implied when left
/// out, the defaults written out. Begins with the lines that name schema and message. Reading it and resolving again
/// gives the same text.
std::string resolve(const Experiment& config);

}  // namespace thaw
