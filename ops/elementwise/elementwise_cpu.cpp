// CPU kernels that work on one element at a time; see unary_cpu.cpp, binary_cpu.cpp and dropout_cpu.cpp.
#include "ops/device/cpu/host_kernel.h"
#include "ops/device/cpu/kernels.h"
#include "ops/elementwise/families.h"

namespace thaw::cpu {

void add_elementwise_kernels(KernelTable& table) {
  add_unary_kernels(table);
  add_binary_kernels(table);
  add_dropout_kernels(table);
  table["Constant"] = [](BindContext& context) {
    const auto value = static_cast<float>(context.node().attributes.real("value_float"));
    return make_host_kernel(context, [=](const Buffers& b) { *mutable_floats(b.outputs[0]) = value; });
  };
}

}  // namespace thaw::cpu
