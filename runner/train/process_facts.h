#pragma once

#include <cstdint>
#include <string>

namespace thaw {

/// Wall-clock seconds since this process was started (exec), from /proc.
double seconds_since_process_start();

/// The most memory this process ever held.
std::int64_t peak_rss_bytes();

std::string cpu_name();
std::string os_name();
std::string compiler_name();

}  // namespace thaw
