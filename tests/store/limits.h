#pragma once

#include <sys/resource.h>

#include <csignal>

namespace thaw {

/// Lowers a resource limit of this process until it goes.
class LowLimit {
 public:
  LowLimit(__rlimit_resource resource, rlim_t value) : resource_(resource) {
    ::getrlimit(resource_, &before_);
    const rlimit low{value, before_.rlim_max};
    ::setrlimit(resource_, &low);
    // A file that grows past its limit would end the process instead of failing the write.
    previous_handler_ = ::signal(SIGXFSZ, SIG_IGN);
  }
  LowLimit(const LowLimit&) = delete;
  LowLimit& operator=(const LowLimit&) = delete;
  ~LowLimit() {
    ::setrlimit(resource_, &before_);
    ::signal(SIGXFSZ, previous_handler_);
  }

 private:
  __rlimit_resource resource_;
  rlimit before_{};
  void (*previous_handler_)(int) = nullptr;
};

}  // namespace thaw
