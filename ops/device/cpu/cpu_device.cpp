#include <omp.h>
#include <sched.h>
#include <sys/mman.h>

#include <cstring>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#include "graph/passes/plan_memory.h"
#include "ops/device.h"
#include "ops/device/cpu/kernels.h"
#include "ops/device/cpu/machine_peaks_cpu.h"
#include "ops/device/cpu/onednn.h"
#include "ops/device/cpu/onednn_compat.h"
#include "ops/device/cpu/onednn_compat_int8.h"
#include "ops/device/cpu/reorder.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace cpu {
namespace {

/// Anonymous pages: zeroed by the kernel, and large ones where the arena is large, so that first use faults seldom.
class PageMemory : public DeviceMemory {
 public:
  explicit PageMemory(std::size_t bytes) : bytes_(std::max<std::size_t>(bytes, 1)) {
    data_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data_ == MAP_FAILED) throw InternalError("not enough memory for " + std::to_string(bytes_) + " bytes");
    if (bytes_ >= kHugeFrom) madvise(data_, bytes_, MADV_HUGEPAGE);
  }
  ~PageMemory() override { munmap(data_, bytes_); }
  PageMemory(const PageMemory&) = delete;
  PageMemory& operator=(const PageMemory&) = delete;
  void* data() override { return data_; }
  std::size_t bytes() const override { return bytes_; }

 private:
  static constexpr std::size_t kHugeFrom = std::size_t{8} << 20;
  void* data_;
  std::size_t bytes_;
};

int available_cores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return omp_get_num_procs();
  return CPU_COUNT(&set);
}

/// Numbers below 1e-38 count as zero, in every compute thread. An optimizer's averages of gradients that died out
/// shrink into that range, and arithmetic on them takes a hundred cycles each: measured, seven times the time of an
/// update.
void flush_denormals() {
#if defined(__SSE__)
  constexpr unsigned kFlushToZero = 0x8000, kDenormalsAreZero = 0x0040;
#pragma omp parallel
  _mm_setcsr(_mm_getcsr() | kFlushToZero | kDenormalsAreZero);
#endif
}

class CpuDevice : public Device {
 public:
  explicit CpuDevice(int threads) : threads_(threads > 0 ? threads : available_cores()) {
    omp_set_dynamic(0);
    omp_set_num_threads(threads_);
    flush_denormals();
    add_conv_kernels(table_);
    add_pool_kernels(table_);
    add_linear_kernels(table_);
    add_matmul_kernels(table_);
    add_elementwise_kernels(table_);
    add_softmax_kernels(table_);
    add_norm_kernels(table_);
    add_reduce_kernels(table_);
    add_shape_kernels(table_);
    add_resize_kernels(table_);
    add_loss_kernels(table_);
    add_update_kernels(table_);
  }

  std::string name() const override { return "cpu"; }
  std::string kernel_library() const override {
    const dnnl_version_t* v = dnnl_version();
    return "oneDNN " + std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch);
  }
  std::string isa() const override { return isa_text(); }
  int threads() const override { return threads_; }
  Support support_of(Precision precision) const override {
    if (precision == Precision::kFloat32) return Support::kNative;
    if (precision == Precision::kInt8) return Support::kNative;  // what has no such kernel runs in f32
    // Each set is the bits of those that it contains.
    const auto has = [isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa())](dnnl::cpu_isa wanted) {
      const auto bits = static_cast<unsigned>(wanted);
      return (isa & bits) == bits;
    };
    if (has(dnnl::cpu_isa::avx512_core_bf16)) return Support::kNative;
    return has(dnnl::cpu_isa::avx512_core) ? Support::kEmulated : Support::kNone;
  }
  const KernelTable& kernels() const override { return table_; }
  std::unique_ptr<DeviceMemory> allocate(std::size_t bytes) override { return std::make_unique<PageMemory>(bytes); }
  LayoutPtr plain_layout(const TensorType& type) const override { return layout_of(plain_desc(type)); }
  void synchronize() override { stream().wait(); }
  MachinePeaks measure_peaks() override {
    return cpu::measure_peaks(support_of(Precision::kBFloat16) == Support::kNative);
  }

  std::unique_ptr<Kernel> make_reorder(const TensorType&, const LayoutPtr& from, const LayoutPtr& to) override {
    return make_reorder_kernel(from, to);
  }
  void copy_in(const TensorType&, const void* host, void* device, const LayoutPtr& layout) override {
    copy(host_layout(layout), const_cast<void*>(host), layout, device);
  }
  void copy_out(const TensorType&, const void* device, const LayoutPtr& layout, void* host) override {
    copy(layout, const_cast<void*>(device), host_layout(layout), host);
  }
  std::optional<std::span<const float>> view(const void* device, const LayoutPtr& layout) const override {
    if (data_type_of(desc_of(layout)) != dnnl::memory::data_type::f32 || !steps_of(layout).values.empty()) return {};
    return std::span(static_cast<const float*>(device), layout->bytes() / sizeof(float));
  }

 private:
  /// Row-major with the layout's own extents (see reorder.h).
  static LayoutPtr host_layout(const LayoutPtr& layout) {
    if (data_type_of(desc_of(layout)) == dnnl::memory::data_type::s32) return layout;
    return layout_of(plain_desc(dims_of(desc_of(layout))));
  }

  static void copy(const LayoutPtr& from, void* source, const LayoutPtr& to, void* target) {
    if (from->bytes() == 0) return;  // no elements, and perhaps no memory
    if (from->equals(*to)) {
      std::memcpy(target, source, from->bytes());
      return;
    }
    const auto kernel = make_reorder_kernel(from, to);
    kernel->attach({{source}, {target}, nullptr});
    kernel->run();
    stream().wait();
  }

  int threads_;
  KernelTable table_;
};

}  // namespace
}  // namespace cpu

std::shared_ptr<Device> make_cpu_device(int threads) { return std::make_shared<cpu::CpuDevice>(threads); }

}  // namespace thaw
