#pragma once

#include <omp.h>

#include <functional>

#include "ops/kernel.h"

namespace thaw::cpu {

/// A kernel of many independent pieces: each thread takes one stretch of them, always the same one.
class SplitKernel : public Kernel {
 public:
  /// Does the pieces from `begin` to before `end`.
  using Body = std::function<void(const Buffers&, std::int64_t begin, std::int64_t end)>;

  SplitKernel(std::int64_t pieces, Body body) : pieces_(pieces), body_(std::move(body)) {}
  void attach(const Buffers& buffers) override { buffers_ = buffers; }
  void run() override {
#pragma omp parallel
    {
      const std::int64_t threads = omp_get_num_threads(), thread = omp_get_thread_num();
      const std::int64_t begin = pieces_ * thread / threads, end = pieces_ * (thread + 1) / threads;
      if (begin < end) body_(buffers_, begin, end);
    }
  }

 private:
  std::int64_t pieces_;
  Body body_;
  Buffers buffers_;
};

}  // namespace thaw::cpu
