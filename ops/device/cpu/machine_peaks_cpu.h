#pragma once

#include "ops/machine_peaks.h"

namespace thaw::cpu {

/// Measures with the threads that kernels run on; takes about a tenth of a second and, while it does, 64 MiB.
MachinePeaks measure_peaks(bool has_bfloat16);

}  // namespace thaw::cpu
