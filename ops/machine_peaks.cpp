#include "ops/machine_peaks.h"

#include <cmath>

namespace thaw {

double MachinePeaks::bytes_per_s(std::int64_t working_set_bytes) const {
  if (bandwidth.empty()) return 0;
  if (working_set_bytes <= bandwidth.front().working_set_bytes) return bandwidth.front().bytes_per_s;
  for (std::size_t i = 1; i < bandwidth.size(); ++i) {
    const Bandwidth& small = bandwidth[i - 1];
    const Bandwidth& large = bandwidth[i];
    if (working_set_bytes > large.working_set_bytes) continue;
    const auto log_of = [](std::int64_t bytes) { return std::log(static_cast<double>(bytes)); };
    const double share = (log_of(working_set_bytes) - log_of(small.working_set_bytes)) /
                         (log_of(large.working_set_bytes) - log_of(small.working_set_bytes));
    return small.bytes_per_s * std::pow(large.bytes_per_s / small.bytes_per_s, share);
  }
  return bandwidth.back().bytes_per_s;
}

}  // namespace thaw
