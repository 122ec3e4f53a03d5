#pragma once

#include <string>

#include "runner/data/sample.h"
#include "schemas/experiment.pb.h"

namespace thaw {

/// The localization network in small: 20x20 pictures, 3 classes, batches of 4.
Experiment small_experiment();

/// `count` of the batch's 4 rows filled with made-up pictures, classes and boxes; other rows as a loader leaves them.
Batch made_up_batch(int count, std::uint64_t seed);

}  // namespace thaw
