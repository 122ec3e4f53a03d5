// CPU kernels of the norm family: one file a group of operators.
#include "ops/device/cpu/kernels.h"
#include "ops/norm/norm_kernels.h"

namespace thaw::cpu {

void add_norm_kernels(KernelTable& table) {
  add_batch_norm_kernels(table);
  add_sample_norm_kernels(table);
  add_lrn_kernels(table);
}

}  // namespace thaw::cpu
