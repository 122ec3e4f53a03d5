// CPU kernels of the reduce family.
#include "ops/device/cpu/host_kernel.h"
#include "ops/device/cpu/kernels.h"

namespace thaw::cpu {

void add_reduce_kernels(KernelTable& table) { (void)table; }

}  // namespace thaw::cpu
