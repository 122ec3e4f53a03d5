// CPU kernels that work on one element at a time. Functions that keep zero at zero run in any layout, over the padding
// too; Sigmoid does not, and takes row-major tensors.
#include <cmath>

#include "ops/device/cpu/kernels.h"
#include "ops/device/cpu/onednn.h"
#include "ops/device/cpu/simd.h"

namespace thaw::cpu {
namespace {

using UnaryLoop = void (*)(const float* x, float* y, std::int64_t n);
using BinaryLoop = void (*)(const float* a, const float* b, float* y, std::int64_t n);

// A comparison that is false for NaN, so that NaN passes on to where divergence is noticed.
THAW_SIMD_CLONES void relu(const float* x, float* y, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) y[i] = x[i] < 0 ? 0 : x[i];
}
void sigmoid(const float* x, float* y, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) y[i] = 1.0F / (1.0F + std::exp(-x[i]));
}
void tanh(const float* x, float* y, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) y[i] = std::tanh(x[i]);
}
THAW_SIMD_CLONES void relu_grad(const float* dy, const float* y, float* dx, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) dx[i] = y[i] > 0 ? dy[i] : 0;
}
THAW_SIMD_CLONES void sigmoid_grad(const float* dy, const float* y, float* dx, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) dx[i] = dy[i] * y[i] * (1 - y[i]);
}
THAW_SIMD_CLONES void tanh_grad(const float* dy, const float* y, float* dx, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) dx[i] = dy[i] * (1 - y[i] * y[i]);
}
THAW_SIMD_CLONES void add(const float* a, const float* b, float* y, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) y[i] = a[i] + b[i];
}

constexpr std::int64_t kChunk = 16384;  // elements a thread takes at a time: fits its first-level cache

class Elementwise : public Kernel {
 public:
  Elementwise(UnaryLoop unary, BinaryLoop binary, std::int64_t count) : unary_(unary), binary_(binary), count_(count) {}

  void attach(const Buffers& buffers) override {
    a_ = static_cast<const float*>(buffers.inputs[0]);
    b_ = binary_ ? static_cast<const float*>(buffers.inputs[1]) : nullptr;
    y_ = static_cast<float*>(buffers.outputs[0]);
  }

  void run() override {
#pragma omp parallel for schedule(static) if (count_ > kChunk)
    for (std::int64_t begin = 0; begin < count_; begin += kChunk) {
      const std::int64_t n = std::min(kChunk, count_ - begin);
      if (binary_) {
        binary_(a_ + begin, b_ + begin, y_ + begin, n);
      } else {
        unary_(a_ + begin, y_ + begin, n);
      }
    }
  }

 private:
  UnaryLoop unary_;
  BinaryLoop binary_;
  std::int64_t count_;
  const float* a_ = nullptr;
  const float* b_ = nullptr;
  float* y_ = nullptr;
};

KernelFactory elementwise(UnaryLoop unary, BinaryLoop binary, bool keeps_zero) {
  return [=](BindContext& context) {
    const LayoutPtr plain = layout_of(plain_desc(context.input_type(0)));
    // A gradient follows the activation that was kept for it, which is the larger tensor's own layout.
    const LayoutPtr layout = keeps_zero ? context.input_layout(binary ? 1 : 0) : plain;
    context.want_input(0, layout);
    if (binary) context.want_input(1, layout);
    context.give_output(0, layout);
    return std::make_unique<Elementwise>(unary, binary, static_cast<std::int64_t>(layout->bytes() / sizeof(float)));
  };
}

class Constant : public Kernel {
 public:
  explicit Constant(float value) : value_(value) {}
  void attach(const Buffers& buffers) override { y_ = static_cast<float*>(buffers.outputs[0]); }
  void run() override { *y_ = value_; }

 private:
  float value_;
  float* y_ = nullptr;
};

std::unique_ptr<Kernel> make_constant(BindContext& context) {
  context.give_output(0, layout_of(plain_desc(context.output_type(0))));
  return std::make_unique<Constant>(static_cast<float>(context.node().attributes.real("value_float")));
}

}  // namespace

void add_elementwise_kernels(KernelTable& table) {
  table["Relu"] = elementwise(relu, nullptr, true);
  table["Sigmoid"] = elementwise(sigmoid, nullptr, false);
  table["Tanh"] = elementwise(tanh, nullptr, true);
  table["ReluGrad"] = elementwise(nullptr, relu_grad, true);
  table["SigmoidGrad"] = elementwise(nullptr, sigmoid_grad, false);
  table["TanhGrad"] = elementwise(nullptr, tanh_grad, true);
  table["Add"] = elementwise(nullptr, add, true);
  table["Constant"] = make_constant;
}

}  // namespace thaw::cpu
