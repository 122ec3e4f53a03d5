#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace thaw {

/// On the clock that only goes forward.
inline double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Wall-clock seconds since this process was started (exec), from /proc.
double seconds_since_process_start();

/// What processes may take before the machine, or the container they run in, has none left; 0: not known.
std::int64_t available_memory_bytes();
/// The memory this process holds now.
std::int64_t rss_bytes();
/// The most memory it ever held, or since forget_peak_rss().
std::int64_t peak_rss_bytes();
/// Lets the peak be what is held now, where the system can: for what measures, and is no part of a run.
void forget_peak_rss();

std::string cpu_name();
std::string os_name();
std::string compiler_name();

}  // namespace thaw
