#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "ops/device.h"

namespace thaw {

/// A device that kernels are tested on. Opened anew by each test: threads are set when it is made.
struct DeviceChoice {
  std::string name;  ///< letters, digits and '_'
  std::shared_ptr<Device> (*open)();
};

inline std::ostream& operator<<(std::ostream& out, const DeviceChoice& choice) { return out << choice.name; }

/// Every device of this machine. Thread counts split work differently, so each is a device of its own.
inline const std::vector<DeviceChoice>& devices() {
  static const std::vector<DeviceChoice> all{{"cpu_1_thread", [] { return make_cpu_device(1); }},
                                             {"cpu_3_threads", [] { return make_cpu_device(3); }}};
  return all;
}

/// Whether this machine has kernels for bfloat16. A test that needs them is skipped with kNoBFloat16 where it has none.
/// Call it before the test opens its own device: threads are set when a device is made.
inline bool has_bfloat16() {
  static const bool has = make_cpu_device(1)->support_of(Precision::kBFloat16) != Support::kNone;
  return has;
}
inline constexpr const char* kNoBFloat16 = "this processor has no kernels for bfloat16: they need AVX-512";

}  // namespace thaw
