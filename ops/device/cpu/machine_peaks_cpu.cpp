#include "ops/device/cpu/machine_peaks_cpu.h"

#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <unordered_map>

#include "ops/device/cpu/onednn.h"
#include "ops/device/cpu/onednn_compat.h"
#include "ops/device/cpu/simd.h"
#include "schemas/diagnostic.h"

namespace thaw::cpu {
namespace {

using Clock = std::chrono::steady_clock;
using dnnl::memory;

constexpr std::size_t kBufferBytes = std::size_t{64} << 20;

/// Pages of our own, so that the process gives back all of it afterwards.
class Pages {
 public:
  Pages() : data_(mmap(nullptr, kBufferBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    if (data_ == MAP_FAILED) throw InternalError("not enough memory to measure the machine's speed");
    madvise(data_, kBufferBytes, MADV_HUGEPAGE);
  }
  ~Pages() { munmap(data_, kBufferBytes); }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  float* at(std::size_t bytes) const { return reinterpret_cast<float*>(static_cast<char*>(data_) + bytes); }

 private:
  void* data_;
};

/// Seconds of the fastest of the calls that fit into `budget_s`, at least two, after one that warms up.
double fastest(double budget_s, const std::function<void()>& body) {
  body();
  const auto start = Clock::now();
  auto last = start;
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 2 || std::chrono::duration<double>(last - start).count() < budget_s; ++i) {
    body();
    const auto now = Clock::now();
    best = std::min(best, std::chrono::duration<double>(now - last).count());
    last = now;
  }
  return best;
}

/// A square product as oneDNN computes it at its best, `calls` times a body.
class Product {
 public:
  Product(std::int64_t extent, memory::data_type type, const Pages& pages) {
    const memory::dims dims{extent, extent};
    const auto desc = with_data_type(plain_desc(dims), type);
    const auto described = cpu::matmul(desc, desc, desc);
    primitive_ = dnnl::matmul(described);
    const std::size_t bytes = desc.get_size(), scratch = described.scratchpad_desc().get_size();
    if (3 * bytes + scratch > kBufferBytes) throw InternalError("the measured product does not fit its buffer");
    arguments_ = {{DNNL_ARG_SRC, memory(desc, engine(), pages.at(0))},
                  {DNNL_ARG_WEIGHTS, memory(desc, engine(), pages.at(bytes))},
                  {DNNL_ARG_DST, memory(desc, engine(), pages.at(2 * bytes))},
                  {DNNL_ARG_SCRATCHPAD, memory(described.scratchpad_desc(), engine(), pages.at(3 * bytes))}};
    std::fill_n(pages.at(0), 2 * bytes / sizeof(float), 0.5F);  // not zeros: an idle multiplier is a cool one
  }
  void run() { primitive_.execute(stream(), arguments_); }

 private:
  dnnl::matmul primitive_;
  std::unordered_map<int, memory> arguments_;
};

THAW_SIMD_CLONES void copy_scaled(const float* from, float* to, std::int64_t count) {
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < count; ++i) to[i] = from[i] * 0.5F;
}

double product_flops_per_s(memory::data_type type, const Pages& pages) {
  constexpr std::int64_t kExtent = 1024;
  Product product(kExtent, type, pages);
  const double seconds = fastest(0.015, [&] { product.run(); });
  return 2.0 * kExtent * kExtent * kExtent / seconds;
}

double launch_seconds(const Pages& pages) {
  constexpr int kCalls = 200;
  constexpr std::int64_t kCount = 1024;
  return fastest(0.001,
                 [&] {
                   for (int i = 0; i < kCalls; ++i) copy_scaled(pages.at(0), pages.at(kCount * sizeof(float)), kCount);
                 }) /
         kCalls;
}

Bandwidth copy_bandwidth(std::size_t bytes, const Pages& pages) {
  const auto count = static_cast<std::int64_t>(bytes / 2 / sizeof(float));
  // Small copies are over in microseconds: several make a time that can be read.
  const auto calls = static_cast<int>(std::max<std::size_t>(1, (std::size_t{4} << 20) / bytes));
  const double seconds = fastest(0.008, [&] {
    for (int i = 0; i < calls; ++i) copy_scaled(pages.at(0), pages.at(bytes / 2), count);
  });
  return {static_cast<std::int64_t>(bytes), static_cast<double>(bytes) * calls / seconds};
}

}  // namespace

MachinePeaks measure_peaks(bool has_bfloat16) {
  const Pages pages;
  MachinePeaks peaks;
  const double first = product_flops_per_s(memory::data_type::f32, pages);
  peaks.launch_s = launch_seconds(pages);
  for (const std::size_t bytes : {std::size_t{1} << 19, std::size_t{1} << 22, std::size_t{1} << 24, kBufferBytes}) {
    peaks.bandwidth.push_back(copy_bandwidth(bytes, pages));
  }
  if (has_bfloat16) peaks.bfloat16_flops_per_s = product_flops_per_s(memory::data_type::bf16, pages);
  const double last = product_flops_per_s(memory::data_type::f32, pages);
  peaks.flops_per_s = std::max(first, last);
  peaks.spread = std::abs(first - last) / peaks.flops_per_s;
  return peaks;
}

}  // namespace thaw::cpu
