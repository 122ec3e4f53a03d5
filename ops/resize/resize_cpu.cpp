// CPU kernels of the resize family.
#include "ops/device/cpu/host_kernel.h"
#include "ops/device/cpu/kernels.h"

namespace thaw::cpu {

void add_resize_kernels(KernelTable& table) { (void)table; }

}  // namespace thaw::cpu
