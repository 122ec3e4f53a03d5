#pragma once

#include <functional>
#include <memory>

#include "ops/device/cpu/onednn.h"

namespace thaw::cpu {

/// A small kernel on row-major tensors, written as one function of its buffers. For operators whose tensors are rows of
/// a batch: losses, softmax. Inputs and outputs come in the node's order.
class HostKernel : public Kernel {
 public:
  explicit HostKernel(std::function<void(const Buffers&)> body) : body_(std::move(body)) {}
  void attach(const Buffers& buffers) override { buffers_ = buffers; }
  void run() override { body_(buffers_); }

 private:
  std::function<void(const Buffers&)> body_;
  Buffers buffers_;
};

/// Binds a HostKernel: every input and output row-major.
inline std::unique_ptr<Kernel> make_host_kernel(BindContext& context, std::function<void(const Buffers&)> body) {
  for (int i = 0; i < static_cast<int>(context.node().inputs.size()); ++i) {
    if (context.has_input(i)) context.want_input(i, layout_of(plain_desc(context.input_type(i))));
  }
  for (int k = 0; k < static_cast<int>(context.node().outputs.size()); ++k) {
    context.give_output(k, layout_of(plain_desc(context.output_type(k))));
  }
  return std::make_unique<HostKernel>(std::move(body));
}

inline const float* floats(void* data) { return static_cast<const float*>(data); }
inline float* mutable_floats(void* data) { return static_cast<float*>(data); }

}  // namespace thaw::cpu
